"""The summary of a backfill on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.report.backfill.data import NOT_RUN, BackfillSummary

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from nightschool.records import BackfillDate

COLOURS = {"Promoted": "green", "Held": "yellow", "Invalid": "red", "Failed": "red"}
LEVELS = "▁▂▃▄▅▆▇█"


def show_summary(summary: BackfillSummary, home: Path, console: Console | None = None) -> None:
    """Print how each date ended, and the whole in one line."""
    from rich.console import Console

    console = console or Console(highlight=False, soft_wrap=True, markup=False)
    console.print(f"\nBackfill of {summary.target} on {summary.track}", style="bold")
    table = _table()
    known = {one.night.run_date: one for one in summary.dates}
    for run_date in summary.wanted:
        _add(table, run_date.isoformat(), known.get(run_date))
    console.print(table)
    console.print(f"Reward of the incumbent, by date: {_levels(summary)}")
    for note in summary.notes:
        console.print(note)
    for failed in summary.failed:
        console.print(f"{failed.night.run_date} {failed.state}: {failed.message}", style="red")
        if failed.next_step:
            console.print(failed.next_step)
    console.print(summary.sentence, style="bold")
    console.print(f"Report: {(home / 'reports' / f'{summary.name}.md').absolute()}")


def _table() -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("run date")
    table.add_column("incumbent")
    for name in ("its reward", "challenger's", "calls", "cost"):
        table.add_column(name, justify="right")
    table.add_column("ended")
    return table


def _add(table: Table, run_date: str, one: BackfillDate | None) -> None:
    if one is None:
        table.add_row(run_date, "", "", "", "", "", NOT_RUN)
        return
    rewards = (f"{reward:.3f}" if reward is not None else "–" for reward in (one.incumbent_reward, one.challenger_reward))
    cells = (one.incumbent, *rewards, str(one.llm_calls), f"${one.cost_usd:.2f}", one.state if one.has_ended else "interrupted")
    table.add_row(run_date, *cells, style=COLOURS.get(one.state))


def _levels(summary: BackfillSummary) -> str:
    """One character a date: the height of the incumbent's reward, a dot where there is none."""
    known = {one.night.run_date: one.incumbent_reward for one in summary.dates}
    rewards = [known.get(run_date) for run_date in summary.wanted]
    return "".join("·" if reward is None else LEVELS[min(int(reward * len(LEVELS)), len(LEVELS) - 1)] for reward in rewards)
