"""The report on the terminal: verdict, means, diff, and where the page lies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.report.data import ArmMeans, NightReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

COLOURS = {"Promoted": "green", "Invalid": "red", "Held": "yellow"}
DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
MOST_DIFF_LINES = 30


def show_night(report: NightReport, home: Path, console: Console | None = None) -> None:
    """Print how a night ended.

    Args:
        report: the night.
        home: nightschool's home folder, where the page lies.
        console: where to print; None: the terminal.
    """
    from rich.console import Console

    console = console or Console(highlight=False, soft_wrap=True, markup=False)
    if report.simulated:
        console.print(
            "A simulated model answered, criticised and graded; its rewards say nothing about a real one.", style="yellow"
        )
    console.print(f"\n{report.end_state.value}", style=f"bold {COLOURS.get(report.end_state.value, 'cyan')}", end="")
    console.print(f"  {report.night.target}, {report.night.run_date}")
    console.print(report.verdict.reason)
    console.print(_means(report))
    for line in _shortened(report.diff):
        console.print(line, style=DIFF_COLOURS.get(line[:1]))
    console.print(f"{report.total_calls} LLM calls ({_by_role(report)}), ${report.cost_usd:.4f}")
    console.print(f"Report: {(home / 'reports' / f'{report.night.key}.md').absolute()}")


def _by_role(report: NightReport) -> str:
    return ", ".join(f"{role} {calls}" for role, calls in sorted(report.llm_calls.items())) or "none"


def _means(report: NightReport) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("held-out mean", "incumbent", "challenger"):
        table.add_column(column, justify="left" if column == "held-out mean" else "right")
    for name, field in (("reward", "reward"), ("strict grading", "strict"), ("lenient grading", "lenient")):
        table.add_row(name, _shown(report.incumbent, field), _shown(report.challenger, field))
    return table


def _shown(means: ArmMeans, field: str) -> str:
    value: float | None = getattr(means, field)
    return "–" if value is None else f"{value:.3f}"


def _shortened(diff: str) -> list[str]:
    lines = diff.splitlines()
    if len(lines) <= MOST_DIFF_LINES:
        return lines
    return [*lines[:MOST_DIFF_LINES], f"… {len(lines) - MOST_DIFF_LINES} more lines in the report"]
