"""The picture of a backfill as plain geometry: rewards and verdicts over the run dates, and what each date cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nightschool.records import BackfillDate
from nightschool.report.backfill.data import BackfillSummary

WIDTH, HEIGHT = 920, 336
LEFT, RIGHT, TOP = 60, 20, 34
REWARDS_END, COSTS_BEGIN, COSTS_END = 210, 232, 286
MOST_LABELS = 8
COLOURS = {
    "Promoted": "#1a7f37",
    "Rejected": "#57606a",
    "Undecided": "#0969da",
    "Held": "#9a6700",
    "RolledBack": "#bc4c00",
    "NoData": "#d0d7de",
    "Invalid": "#cf222e",
    "Failed": "#cf222e",
}
"""By how a date ended; anything else was not done."""
OTHER = "#ffffff"


class Mark(NamedTuple):
    """A date's verdict: where, in which colour, and what is said of it where one points at it."""

    x: float
    y: float
    colour: str
    told: str


class Bar(NamedTuple):
    """What a date cost."""

    x: float
    y: float
    width: float
    height: float


class Label(NamedTuple):
    """A word at a place on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Picture:
    """Everything that the template draws."""

    title: str
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    """The incumbent's rewards as SVG's `points`, interrupted where a date has none."""
    bars: tuple[Bar, ...]
    dates: tuple[Label, ...]
    rewards: tuple[Label, ...]
    most_usd: str
    legend: tuple[tuple[str, str], ...]


def picture_of(summary: BackfillSummary) -> Picture:
    """Lay the range out; a date without a reward has its mark on the axis."""
    step = (WIDTH - LEFT - RIGHT) / max(len(summary.wanted), 1)
    place = {run_date: LEFT + step * (n + 0.5) for n, run_date in enumerate(summary.wanted)}
    known = [one for one in summary.dates if one.night.run_date in place]
    most = max((one.cost_usd for one in known), default=0.0)
    return Picture(
        title=summary.sentence,
        marks=tuple(_mark(one, place[one.night.run_date]) for one in known),
        lines=tuple(_lines([(place[one.night.run_date], one.incumbent_reward) for one in known])),
        bars=tuple(_bar(one.cost_usd / most, place[one.night.run_date], step) for one in known if most),
        dates=tuple(Label(place[d], f"{d:%m-%d}") for d in summary.wanted[:: -(-len(summary.wanted) // MOST_LABELS) or 1]),
        rewards=tuple(Label(_height(reward), f"{reward:.1f}") for reward in (0.0, 0.5, 1.0)),
        most_usd=f"${most:.2f}",
        legend=tuple((state, colour) for state, colour in COLOURS.items() if any(one.state == state for one in known)),
    )


def _mark(one: BackfillDate, x: float) -> Mark:
    reward = one.challenger_reward if one.state == "Promoted" else one.incumbent_reward
    told = f"{one.night.run_date} {one.state}" + (f" {one.challenger}" if one.state == "Promoted" else "")
    return Mark(x, _height(reward or 0.0), COLOURS.get(one.state, OTHER), told)


def _lines(points: list[tuple[float, float | None]]) -> list[str]:
    pieces: list[list[str]] = [[]]
    for x, reward in points:
        if reward is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{x:.1f},{_height(reward):.1f}")
    return [" ".join(piece) for piece in pieces if len(piece) > 1]


def _bar(share: float, x: float, step: float) -> Bar:
    height = share * (COSTS_END - COSTS_BEGIN)
    return Bar(x - step * 0.35, COSTS_END - height, step * 0.7, height)


def _height(reward: float) -> float:
    return REWARDS_END - reward * (REWARDS_END - TOP)
