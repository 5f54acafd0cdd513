"""The report as one HTML file: no script, nothing fetched, readable in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from nightschool.report.data import NightReport
from nightschool.report.markdown import MOST_SHOWN, Slice, most_telling, number, slices_of
from nightschool.report.pictures import evidence_chart, search_chart

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True)
class DiffLine:
    """A line of the prompts' diff, and what became of it."""

    kind: Literal["same", "added", "removed", "place"]
    text: str


@dataclass(frozen=True)
class SliceBar:
    """A slice with its gain as a bar from the middle, in per cent of the half that it points into."""

    part: Slice
    start: float
    length: float


def as_html(report: NightReport) -> str:
    """The page, ready to be written to a file. Every text of a conversation is escaped by the template."""
    return _template().render(
        report=report,
        verdict=report.verdict,
        search=report.search,
        evidence=evidence_chart(report.verdict),
        rewards=search_chart(report.search),
        slices=tuple(_bars(slices_of(report))),
        shown=most_telling(report, MOST_SHOWN * 2),
        diff=tuple(_diff_lines(report.diff)),
    )


def _diff_lines(diff: str) -> Iterator[DiffLine]:
    kinds: dict[str, Literal["added", "removed", "place"]] = {"+": "added", "-": "removed", "@": "place"}
    for line in diff.splitlines()[2:]:  # without the two names
        yield DiffLine(kinds.get(line[:1], "same"), line)


def _bars(slices: list[Slice]) -> Iterator[SliceBar]:
    for part in slices:
        length = 0.0 if part.gain != part.gain else min(abs(part.gain), 1.0) * 50  # NaN: nobody scored it
        yield SliceBar(part, 50 - length if part.gain < 0 else 50, length)


@cache
def _template() -> Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nightschool.report"),
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = number
    return environment.get_template("night.html.jinja")
