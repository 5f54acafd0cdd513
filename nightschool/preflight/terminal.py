"""The checklist on the terminal."""

from __future__ import annotations

from nightschool.preflight.checklist import Checklist
from nightschool.records import Night


def show_checklist(checklist: Checklist, night: Night) -> None:
    """Print the checklist, ticked or not, and the most that the night can take."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checklist.checks:
        mark = Text("✓", style="green") if check.passed else Text("✗", style="bold red")
        found = Text(check.found) if check.passed else Text(f"{check.found}\n{check.next_step}".rstrip(), style="red")
        table.add_row(mark, check.name, found)
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"Dry run of {night.target}, {night.run_date} (track {night.track})")
    console.print(table)
    if checklist.estimate is not None:
        bound = checklist.estimate
        console.print(
            f"At most {bound.rollouts} rollouts, {bound.llm_calls} LLM calls, ${bound.cost_usd:.2f}; nothing was spent yet."
        )
    if checklist.warning:
        console.print(checklist.warning, style="yellow")
    console.print("A run could start." if checklist.exit_code == 0 else "A run could not start.", style="bold")
