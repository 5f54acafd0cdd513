"""The report as a Markdown page."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from nightschool.report.data import ExaminedPair, NightReport
from nightschool.report.frames import pairs_frame, slices_frame

if TYPE_CHECKING:
    from jinja2 import Environment

_MARKUP = re.compile(r"[\\|\[\]*_~]")
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

MOST_SHOWN = 5
LONGEST_CELL = 160


class Slice(NamedTuple):
    """A row of `slices_frame`."""

    kind: str
    value: str
    n: int
    incumbent: float
    challenger: float
    gain: float


def as_markdown(report: NightReport) -> str:
    """The page, ready to be written to a file or to be kept as a Prefect artifact."""
    return (
        templates()
        .get_template("night.md.jinja")
        .render(report=report, verdict=report.verdict, search=report.search, slices=slices_of(report), shown=most_telling(report))
    )


def slices_of(report: NightReport) -> list[Slice]:
    """Both arms' means in every slice, the largest first."""
    return [Slice(*row) for row in slices_frame(pairs_frame(report)).itertuples(index=False)]


def most_telling(report: NightReport, most: int = MOST_SHOWN) -> list[ExaminedPair]:
    """The pairs with the largest gains and losses, losses first, at most so many of each: what a reader should look at."""
    scored = [pair for pair in report.pairs if _gain(pair) is not None]
    by_gain = sorted(scored, key=lambda pair: (_gain(pair) or 0.0, pair.example_id))
    losses = [pair for pair in by_gain if (_gain(pair) or 0.0) < 0][:most]
    gains = [pair for pair in reversed(by_gain) if (_gain(pair) or 0.0) > 0][:most]
    return losses + gains


def _gain(pair: ExaminedPair) -> float | None:
    if pair.incumbent_reward is None or pair.challenger_reward is None:
        return None
    return pair.challenger_reward - pair.incumbent_reward


@cache
def templates() -> Environment:
    """The room's templates, with what they need to write numbers and untrusted text."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nightschool.report"),
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown, not HTML: `cell` and `fenced` keep untrusted text inside its place
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"number": number, "cell": _cell, "line": _line, "fenced": _fenced}
    return environment


def number(value: float | None, digits: int = 3) -> str:
    """A number of so many decimals, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _cell(text: object) -> str:
    """A text that can't break out of its table cell, cut to a length that fits into one."""
    line = " ".join(str(text).split())
    return _line(line if len(line) <= LONGEST_CELL else line[: LONGEST_CELL - 1] + "…")


def _line(text: object) -> str:
    """A text as one line without any markup, links and direction marks included: conversations are untrusted."""
    plain = _DIRECTION_MARKS.sub("", " ".join(str(text).split())).replace("<", "&lt;").replace("`", "'")
    return _MARKUP.sub(r"\\\g<0>", plain)


def _fenced(text: str, language: str = "") -> str:
    """A code block that its content can't close."""
    longest = max((len(run) for run in _backtick_runs(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _backtick_runs(text: str) -> list[str]:
    return re.findall(r"`+", text)
