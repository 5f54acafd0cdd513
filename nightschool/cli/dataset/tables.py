"""What the `dataset` commands print: tables with bars on a terminal, plain columns where the output is piped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nightschool.dataset.curated.shares import RECOMMENDED

if TYPE_CHECKING:
    from nightschool.dataset.curated.checking import CuratedReport, Finding
    from nightschool.dataset.curated.shares import Shares

BAR_CELLS = 24
MOST_ROWS = 12
MOST_ENTRIES = 3
_EIGHTHS = " ▏▎▍▌▋▊▉"
_STYLES = {"error": "red", "warning": "yellow"}
_MARKS = {"error": "✗", "warning": "!"}


def console() -> Console:
    """A console that prints texts as they are: what users wrote is no markup."""
    return Console(highlight=False, markup=False, emoji=False)


def bar(part: float, cells: int = BAR_CELLS) -> str:
    """A bar for a part of the whole in [0, 1], in eighths of a cell."""
    eighths = round(max(0.0, min(1.0, part)) * cells * 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def plain_table() -> Table:
    """A table without lines and without a header."""
    return Table(box=None, show_header=False, pad_edge=False)


def print_shares(shares: Shares, name: str) -> None:
    """Print what a curated file is made of."""
    out = console()
    reasoning = f", {shares.requires_reasoning} that take reasoning" if shares.requires_reasoning else ""
    marked = f", {shares.must_pass} that must pass" if shares.must_pass else ""
    out.print(f"{name}: {counted(shares.questions, 'question')}{reasoning}{marked}", style="bold")
    table = plain_table()
    for heading, numbers in (("difficulty", shares.difficulty), ("category", shares.category), ("template", shares.template)):
        _add_rows(table, heading, numbers, shares.questions, pictures=out.is_terminal)
    out.print(table)


def print_findings(report: CuratedReport, compared: str) -> None:
    """Print what was found in a curated file; of one kind not more than fit on a screen."""
    out = console()
    table = Table(box=None, show_header=False, pad_edge=False)
    for column in ("", "entries", "kind"):
        table.add_column(column, no_wrap=True)
    table.add_column("what", overflow="fold")
    for finding in _first_of_each_kind(report.findings):
        style = _STYLES[finding.level]
        place = _place(finding)
        table.add_row(Text(_MARKS[finding.level], style), place, Text(finding.kind, style), Text(finding.message))
    out.print()
    if report.findings:
        out.print(table)
    left_out = len(report.findings) - table.row_count
    if left_out:
        out.print(f"… {left_out} more findings: --json lists all", style="dim")
    out.print(f"Compared with {compared}.", style="dim")
    if not report.errors:
        out.print("It can be used." if report.warnings else "Nothing is wrong with it.", style="bold green")


def _add_rows(table: Table, heading: str, numbers: Mapping[str, int], total: int, *, pictures: bool) -> None:
    for place, (name, number) in enumerate(list(numbers.items())[:MOST_ROWS]):
        share = number / total if total else 0.0
        wanted = RECOMMENDED.get(name) if heading == "difficulty" else None
        picture = [Text(bar(share), "cyan")] if pictures else []
        goal = "" if wanted is None else f"recommended {wanted:.0%}"
        table.add_row(heading if place == 0 else "", name or "(none)", f"{number:>6}", f"{share:>5.0%}", *picture, goal)
    if len(numbers) > MOST_ROWS:
        table.add_row("", f"… {len(numbers) - MOST_ROWS} more")


def _place(finding: Finding) -> str:
    listed = ", ".join(map(str, finding.entries[:MOST_ENTRIES])) + (" …" if len(finding.entries) > MOST_ENTRIES else "")
    return f"{'entry' if len(finding.entries) == 1 else 'entries'} {listed}" if listed else "file"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, like "1 entry" and "2 entries"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _first_of_each_kind(findings: Iterable[Finding]) -> list[Finding]:
    shown: list[Finding] = []
    for finding in findings:
        if sum(one.kind == finding.kind for one in shown) < MOST_ROWS:
            shown.append(finding)
    return shown
