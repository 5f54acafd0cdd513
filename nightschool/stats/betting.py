"""The bet: how much is staked on the next gain, and what becomes of the wealth.

H0: the mean gain is at most 0. Wealth after n gains: W = Π (1 + λ·d), each stake λ chosen from earlier gains only.
The stake is the larger of a plug-in for the horizon (Waudby-Smith & Ramdas, section 4) and the missing evidence
spread over the gains left (STaR-Bets, arXiv 2505.22422), capped so that no single loss can ruin.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_STAKE = 0.95
VARIANCE_PRIOR = 0.10
VARIANCE_PRIOR_WEIGHT = 5
LARGEST_LOG = 700.0
"""Wealth is reported up to e**700, the last power of e that a float holds without trouble."""


def stake(n: int, log_wealth: float, sum_of_squares: float, *, alpha: float, horizon: int) -> float:
    """The share of the wealth that is staked on the next gain, in (0, 0.95].

    Args:
        n: gains seen so far.
        log_wealth: natural log of the wealth so far.
        sum_of_squares: of the gains so far.
        alpha: false promotions allowed for this test; the bet is won at wealth 1/alpha.
        horizon: gains that the test is planned for.
    """
    goal = -math.log(alpha)
    missing = max(goal - log_wealth, 0.0) / max(horizon - n, 1)
    variance = (VARIANCE_PRIOR_WEIGHT * VARIANCE_PRIOR + sum_of_squares) / (VARIANCE_PRIOR_WEIGHT + n)
    return min(MAX_STAKE, math.sqrt(2 * max(goal / horizon, missing) / variance))


@dataclass
class Bet:
    """A running bet; `place` takes one gain after the other.

    Args:
        alpha: in (0, 1); the bet is won when the wealth has reached 1/alpha.
        horizon: gains that the test is planned for, at least 1.
    """

    alpha: float
    horizon: int
    n: int = 0
    log_wealth: float = 0.0
    sum_of_squares: float = 0.0
    best_log_wealth: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must lie between 0 and 1, not {self.alpha}")
        if self.horizon < 1:
            raise ValueError(f"a horizon is at least 1, not {self.horizon}")

    def place(self, gain: float) -> float:
        """Bet on the next gain, in [-1, 1]; returns the natural log of the wealth after it."""
        checked = _checked(gain)
        share = stake(self.n, self.log_wealth, self.sum_of_squares, alpha=self.alpha, horizon=self.horizon)
        self.log_wealth += math.log1p(share * checked)
        self.best_log_wealth = max(self.best_log_wealth, self.log_wealth)
        self.sum_of_squares += checked * checked
        self.n += 1
        return self.log_wealth

    @property
    def is_won(self) -> bool:
        """Whether the wealth has ever reached 1/alpha."""
        return self.best_log_wealth >= -math.log(self.alpha)


def log_wealth_path(gains: Iterable[float], *, alpha: float, horizon: int) -> list[float]:
    """The natural log of the wealth after each gain.

    Raises:
        ValueError: for a gain that is NaN or outside [-1, 1], or an alpha outside (0, 1).
    """
    bet = Bet(alpha, horizon)
    return [bet.place(gain) for gain in gains]


def log_wealth_paths(gains: NDArray[np.float64], *, alpha: float, horizon: int) -> NDArray[np.float64]:
    """`log_wealth_path` for many worlds at once.

    Args:
        gains: shape (worlds, n), each in [-1, 1].
        alpha: as for one world.
        horizon: as for one world.

    Returns:
        Shape (worlds, n): the natural log of each world's wealth after each gain.
    """
    import numpy as np

    if not np.all(np.abs(gains) <= 1):
        raise ValueError("gains must be numbers in [-1, 1]")
    goal = -math.log(alpha)
    wealth, squares, paths = np.zeros(len(gains)), np.zeros(len(gains)), np.zeros(gains.shape)
    for n in range(gains.shape[1]):
        rate = np.maximum(goal / horizon, np.maximum(goal - wealth, 0) / max(horizon - n, 1))
        variance = (VARIANCE_PRIOR_WEIGHT * VARIANCE_PRIOR + squares) / (VARIANCE_PRIOR_WEIGHT + n)
        wealth = wealth + np.log1p(np.minimum(MAX_STAKE, np.sqrt(2 * rate / variance)) * gains[:, n])
        squares = squares + gains[:, n] ** 2
        paths[:, n] = wealth
    return paths


def evidence_of(path: Iterable[float]) -> float:
    """The running maximum of the wealth, 1 at the start: how many to one the gains speak for the challenger."""
    return math.exp(min(max([0.0, *path]), LARGEST_LOG))


def _checked(gain: float) -> float:
    if not -1 <= gain <= 1:  # also refuses NaN, which compares false
        raise ValueError(f"a gain must be a number in [-1, 1], not {gain}")
    return gain
