"""What `history` and `show` print, as data first and as tables from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nightschool.records import PromptVersion, Record

if TYPE_CHECKING:
    from nightschool.registry import StoredVerdict, Transition

COLOURS = {
    "promotion": "green",
    "approval": "green",
    "adoption": "cyan",
    "rollback": "yellow",
    "promote": "green",
    "invalid": "red",
    "hold": "yellow",
}


class HistoryRow(Record):
    """One move of the incumbent, or one exam that moved nothing."""

    at: AwareDatetime
    what: str
    version: str
    is_incumbent: bool = False
    run_date: str = ""
    evidence: float | None = None
    needed: float | None = None
    gain: float | None = None
    interval: tuple[float, float] | None = None
    reason: str = ""


def history_rows(moves: Sequence[Transition], verdicts: Sequence[StoredVerdict], *, everything: bool) -> list[HistoryRow]:
    """The moves, newest first, with the figures of the verdicts behind them; on request also the other verdicts."""
    by_id = {stored.verdict_id: stored for stored in verdicts}
    rows = [_row_of_move(move, by_id.get(move.verdict_id), is_incumbent=move is moves[-1]) for move in moves]
    if everything:
        used = {move.verdict_id for move in moves}
        rows += [_row_of_verdict(stored) for stored in verdicts if stored.verdict_id not in used]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def history_table(rows: Sequence[HistoryRow], *, title: str) -> Table:
    """The rows for people; the incumbent is marked."""
    table = Table(title=f"Prompts of {title}", title_justify="left", header_style="bold", box=None, pad_edge=False)
    table.add_column("Version", no_wrap=True)
    table.add_column("What", no_wrap=True)
    table.add_column("Night", no_wrap=True)
    table.add_column("Gain", no_wrap=True, justify="right")
    table.add_column("Why", overflow="fold")
    for row in rows:
        mark = "● " if row.is_incumbent else "  "
        gain = "" if row.gain is None else f"{row.gain:+.3f}"
        what = Text(row.what, style=COLOURS.get(row.what, ""))
        table.add_row(mark + row.version, what, row.run_date or f"{row.at:%Y-%m-%d}", gain, Text(row.reason))
    return table


def lineage_table(prompt: PromptVersion, moves: Sequence[Transition]) -> Table:
    """Where a version came from and when it was served; what is not known is left out."""
    lineage = prompt.lineage
    facts = {
        "version": prompt.version,
        "created": f"{prompt.created_at:%Y-%m-%d %H:%M} UTC",
        "parent": lineage.parent,
        "target": f"{lineage.target} on {lineage.track}" if lineage.target else "",
        "run date": lineage.run_date,
        "flow run": lineage.run_id,
        "edits": ", ".join(lineage.edits),
        "data": lineage.data_digest[:12],
        "code": lineage.code_digest[:12],
        "note": lineage.note,
        "served": _served(prompt, moves),
        "length": f"{len(prompt.text):,} characters",
    }
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if value:
            table.add_row(name, Text(value))
    table.add_row()
    return table


def print_table(table: Table) -> None:
    """Write a table to the terminal."""
    Console().print(table)


def _served(prompt: PromptVersion, moves: Sequence[Transition]) -> str:
    since = [move.at for move in moves if move.version == prompt.version]
    if not since:
        return "never"
    present = " until now" if moves[-1].version == prompt.version else ""
    return ", ".join(f"from {at:%Y-%m-%d %H:%M} UTC" for at in since) + present


def _row_of_move(move: Transition, behind: StoredVerdict | None, *, is_incumbent: bool) -> HistoryRow:
    row = HistoryRow(
        at=move.at,
        what=move.kind,
        version=move.version,
        is_incumbent=is_incumbent,
        run_date=move.run_date,
        reason=move.reason,
    )
    return row if behind is None else _with_figures(row, behind)


def _row_of_verdict(stored: StoredVerdict) -> HistoryRow:
    row = HistoryRow(
        at=stored.at,
        what=stored.verdict.decision,
        version=stored.challenger,
        run_date=stored.night.run_date.isoformat(),
        reason=stored.verdict.reason,
    )
    return _with_figures(row, stored)


def _with_figures(row: HistoryRow, stored: StoredVerdict) -> HistoryRow:
    verdict = stored.verdict
    figures = {name: getattr(verdict, name) for name in ("evidence", "needed", "gain", "interval")}
    return row.model_copy(update=figures)
