"""The report's pictures as plain geometry, which a template draws as SVG: points in a frame of fixed size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nightschool.records import SearchResult, Verdict

WIDTH, HEIGHT = 920.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 84.0, 16.0, 16.0, 32.0
"""Margins inside of the frame, in the picture's own units."""

LARGEST_WRITTEN_OUT = 6
"""Powers of ten beyond this one are labelled by their exponent."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """A line over an axis, with ticks and perhaps a limit that it should reach."""

    line: tuple[Point, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    limit: Tick | None = None
    title: str = ""
    width: float = field(default=WIDTH)
    height: float = field(default=HEIGHT)

    @property
    def points(self) -> str:
        """The line as SVG's `points`."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.line)

    @property
    def left(self) -> float:
        """Where the axis begins."""
        return LEFT

    @property
    def right(self) -> float:
        """Where the axis ends."""
        return self.width - RIGHT

    @property
    def bottom(self) -> float:
        """Where the axis lies."""
        return self.height - BOTTOM


def evidence_chart(verdict: Verdict) -> Chart | None:
    """The wealth of the bet after each unit, on a logarithmic axis, with what is needed; None where nothing was examined."""
    if not verdict.path:
        return None
    logs = [0.0, *(value / math.log(10) for value in verdict.path)]
    needed = math.log10(verdict.needed)
    low, high = min(*logs, -0.3), max(*logs, needed) + 0.15
    x, y = _scale(0, len(verdict.path), LEFT, WIDTH - RIGHT), _scale(low, high, HEIGHT - BOTTOM, TOP)
    powers = range(math.ceil(low), math.floor(high) + 1)
    return Chart(
        line=tuple((x(n), y(value)) for n, value in enumerate(logs)),
        x_ticks=tuple(Tick(x(n), str(n)) for n in _steps(len(verdict.path))),
        y_ticks=tuple(Tick(y(power), _odds(power)) for power in powers[:: max(1, len(powers) // 6)]),
        limit=Tick(y(needed), f"{verdict.needed:,.0f} : 1 needed"),
        title=f"Evidence after each {verdict.unit} of the exam",
    )


def search_chart(search: SearchResult) -> Chart | None:
    """The best validation reward after each iteration; None where none was done."""
    rewards = search.rewards_by_iteration
    if len(rewards) < 2:
        return None
    x, y = _scale(0, len(rewards) - 1, LEFT, WIDTH - RIGHT), _scale(0, 1, HEIGHT - BOTTOM, TOP)
    return Chart(
        line=tuple((x(n), y(reward)) for n, reward in enumerate(rewards)),
        x_ticks=tuple(Tick(x(n), "incumbent" if n == 0 else str(n)) for n in _steps(len(rewards) - 1)),
        y_ticks=tuple(Tick(y(level), f"{level:.2f}") for level in (0.0, 0.25, 0.5, 0.75, 1.0)),
        title="Best validation reward after each iteration",
    )


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """From values between low and high to places between start and end."""
    span = high - low
    return lambda value: start + (value - low) / span * (end - start)


def _steps(last: int) -> Sequence[int]:
    """At most eight whole numbers from 0 to the last, evenly apart by a round number."""
    apart = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if last / step <= 7)
    return range(0, last + 1, apart)


def _odds(power: int) -> str:
    if abs(power) > LARGEST_WRITTEN_OUT:
        return f"10^{power} : 1"
    return f"{10**power:,} : 1" if power >= 0 else f"1 : {10**-power:,}"
