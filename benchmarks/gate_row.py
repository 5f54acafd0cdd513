"""How one rule does over many years of one world: a row of the year's table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.gate_rules import RULES, Years
from benchmarks.gate_worlds import NIGHTS, WORLDS, World


class Row(NamedTuple):
    """How a rule did in a world with so many sessions a night; means over the years."""

    world: str
    n: int
    rule: str
    false: float
    false_worst_tenth: float
    quality: float
    rollouts: float
    by_night: tuple[float, ...]
    """Mean true quality after each night."""


def live(world: World, n: int, rule: str, years: int) -> Row:
    """Some years of a world under one rule. The same world has the same luck under every rule."""
    rng = np.random.default_rng([n, WORLDS.index(world), 2026])
    lived, playing = Years(world, np.full(years, world.start)), RULES[rule]()
    by_night = []
    for _ in range(NIGHTS):
        playing.night(lived, rng, n)
        by_night.append(float(lived.quality.mean()))
    worst = np.sort(lived.false)[-max(1, years // 10) :]
    false, tenth, quality, rollouts = (float(figure.mean()) for figure in (lived.false, worst, lived.quality, lived.rollouts))
    return Row(world.name, n, rule, false, tenth, quality, rollouts, tuple(by_night))
