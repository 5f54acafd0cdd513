"""How often a real gain is confirmed: the bet at 1/365 on so many sessions, by how much the gains scatter."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import claim
from nightschool.stats import log_wealth_paths

ALPHA = 1 / 365
CELLS = ((50, 0.2), (100, 0.1), (100, 0.2), (200, 0.05), (200, 0.1), (200, 0.2), (300, 0.05), (300, 0.1))
FLOORS = {(100, 0.2): 0.95, (200, 0.1): 0.80}
"""What must hold where the gains have a standard deviation of 0.3."""
FAIL_TO_PASS = 0.25
"""Of pass/fail rewards: the share of sessions on which the two arms differ, beside those that the gain takes."""


class Power(NamedTuple):
    """The share of the tests that are won with n sessions and this gain."""

    n: int
    gain: float
    sd_03: float
    sd_04: float
    pass_fail: float


def powers(worlds: int) -> list[Power]:
    """The table; as many simulated tests a cell."""
    rng = np.random.default_rng(2026)
    return [
        Power(n, gain, *(_won(draw(rng, (worlds, n), gain)) for draw in (_normal(0.3), _normal(0.4), _pass_fail)))
        for n, gain in CELLS
    ]


def claims(table: list[Power]) -> list[dict[str, Any]]:
    """The floors."""
    found = {(row.n, row.gain): row.sd_03 for row in table}
    return [
        claim(
            f"a gain of {gain:g} is confirmed with {n} sessions (standard deviation 0.3, odds 365 : 1)",
            ours=found[n, gain],
            goal=f">= {floor:g}",
            met=found[n, gain] >= floor,
        )
        for (n, gain), floor in FLOORS.items()
    ]


def _won(gains: NDArray[np.float64]) -> float:
    paths = log_wealth_paths(gains, alpha=ALPHA, horizon=gains.shape[1])
    return float((paths.max(axis=1) >= -math.log(ALPHA)).mean())


def _normal(sd: float) -> Any:
    return lambda rng, shape, gain: np.clip(rng.normal(gain, sd, shape), -1, 1)


def _pass_fail(rng: np.random.Generator, shape: tuple[int, int], gain: float) -> NDArray[np.float64]:
    """One arm passes and the other fails on a quarter of the sessions; the gain tips the balance."""
    draw = rng.random(shape)
    better, worse = FAIL_TO_PASS / 2 + gain / 2, FAIL_TO_PASS / 2 - gain / 2
    return np.where(draw < better, 1.0, np.where(draw < better + max(worse, 0), -1.0, 0.0))
