"""The plan of a backfill on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.preflight.backfill import BackfillPlan, PlannedDate

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = ("turns", "new", "calls ≤", "cost ≤")


def show_plan(plan: BackfillPlan, console: Console | None = None) -> None:
    """Print the dates of a target, what there is to learn from, and what it can cost at most."""
    from rich.console import Console
    from rich.table import Table

    console = console or Console(highlight=False, soft_wrap=True, markup=False)
    console.print(f"\nBackfill of {plan.target} on {plan.track}: begins with {plan.begins_with} ({plan.because})", style="bold")
    table = Table(box=None, pad_edge=False)
    table.add_column("run date")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    table.add_column("")
    for planned in plan.dates:
        table.add_row(planned.run_date.isoformat(), *_figures(planned), planned.expected)
    console.print(table)
    done = len(plan.dates) - len(plan.to_do)
    console.print(
        f"{len(plan.to_do)} dates to do, {done} done: at most {plan.bound.llm_calls} LLM calls, ${plan.bound.cost_usd:.2f}."
    )


def _figures(planned: PlannedDate) -> tuple[str, ...]:
    if not planned.to_do:
        return ("",) * len(COLUMNS)
    bound = planned.bound
    return (str(planned.turns), str(planned.new_turns), str(bound.llm_calls), f"${bound.cost_usd:.2f}")
