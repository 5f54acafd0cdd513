"""Line charts as SVG, by hand: small files that a diff can show and that need no drawing library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 360, 60, 190, 40, 48
COLOURS = ("#1b7f4b", "#c0392b", "#d68910", "#2e6da4", "#7d3c98")
GREY, LIGHT = "#888", "#e4e4e4"
LINE_HEIGHT = 15


@dataclass(frozen=True)
class Chart:
    """A chart with one x for each value of a line, from 0 on.

    Args:
        title: stands above.
        below: says what x counts.
        across: the range of x.
        up: the range of y; what lies outside is drawn at its edge.
    """

    title: str
    below: str
    across: tuple[float, float]
    up: tuple[float, float]

    def draw(
        self,
        lines: Mapping[str, Sequence[float]],
        ticks: Mapping[float, str],
        *,
        levels: Mapping[str, float] | None = None,
        dashed: Mapping[str, Sequence[float]] | None = None,
    ) -> str:
        """The SVG: named lines (at most five), dashed ones in the same colours, and levels across."""
        parts = [*self._frame(ticks), *self._levels(levels or {})]
        below_last = -math.inf
        for name, colour in sorted(zip(lines, COLOURS, strict=False), key=lambda one: -lines[one[0]][-1]):
            values = lines[name]
            parts += [self._line(values, colour), *self._dashed((dashed or {}).get(name), colour)]
            x, y = self._place(len(values) - 1, values[-1])
            below_last = max(y, below_last + LINE_HEIGHT)
            parts.append(_text(x + 8, below_last + 4, name, colour=colour))
        body = "\n".join(parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
        )

    def _frame(self, ticks: Mapping[float, str]) -> list[str]:
        first, last = self.across
        parts = [_text(LEFT, TOP - 18, self.title), _text(LEFT, HEIGHT - 12, self.below)]
        for value, text in ticks.items():
            x, y = self._place(first, value)
            parts += [self._line([value, value], LIGHT, span=True), _text(x - 8, y + 4, text, anchor="end")]
        quarters = [first + (last - first) * quarter / 4 for quarter in range(5)]
        places = [(value, self._place(value, self.up[0])) for value in quarters]
        return parts + [_text(x, y + 18, f"{value:.0f}", anchor="middle") for value, (x, y) in places]

    def _levels(self, levels: Mapping[str, float]) -> list[str]:
        parts: list[str] = []
        for name, value in levels.items():
            x, y = self._place(self.across[1], value)
            parts += [self._line([value, value], GREY, dash="6 4", span=True), _text(x + 8, y + 4, name, colour=GREY)]
        return parts

    def _dashed(self, values: Sequence[float] | None, colour: str) -> list[str]:
        return [] if values is None else [self._line(values, colour, dash="5 4")]

    def _line(self, values: Sequence[float], colour: str, *, dash: str = "none", span: bool = False) -> str:
        steps = self.across if span else range(len(values))
        points = " ".join("{:.1f},{:.1f}".format(*self._place(x, y)) for x, y in zip(steps, values, strict=True))
        return f'<polyline fill="none" stroke="{colour}" stroke-width="1.8" stroke-dasharray="{dash}" points="{points}"/>'

    def _place(self, x: float, y: float) -> tuple[float, float]:
        low, high = self.up
        right = (x - self.across[0]) / (self.across[1] - self.across[0])
        upward = (min(max(y, low), high) - low) / (high - low)
        return LEFT + (WIDTH - LEFT - RIGHT) * right, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * upward


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#333") -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escaped}</text>'
