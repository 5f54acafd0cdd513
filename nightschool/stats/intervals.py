"""An interval for the mean gain that stays valid however often one looks and whenever one stops.

The hedged capital process of Waudby-Smith & Ramdas ("Estimating means of bounded random variables by betting",
theorem 3): for each possible mean m, one bettor bets that the truth lies above m and one that it lies below; the means
against which neither has become rich form the interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GRID_POINTS = 2001
LARGEST_SHARE = 0.5
"""A bet against m risks at most this share of the wealth (the source's truncation constant c)."""


def mean_interval(gains: Sequence[float], *, error: float = 0.05) -> tuple[float, float] | None:
    """A two-sided anytime-valid interval for the mean of gains in [-1, 1].

    Args:
        gains: in the order in which they were bet on.
        error: the probability, over all n at once, that the interval ever misses the mean.

    Returns:
        (low, high), rounded outwards to the grid of 0.001; None without a gain.

    Raises:
        ValueError: for a gain that is NaN or outside [-1, 1].
    """
    import numpy as np

    values = np.asarray(gains, dtype=float)
    if not values.size:
        return None
    grid = np.linspace(-1, 1, GRID_POINTS)
    inside = grid[log_capital(values, grid, error=error) < -math.log(error)]
    if not inside.size:  # possible only where the interval misses the mean anyway
        inside = np.array([values.mean()])
    step = 2 / (GRID_POINTS - 1)
    return max(-1.0, round(float(inside[0]) - step, 3)), min(1.0, round(float(inside[-1]) + step, 3))


def log_capital(gains: NDArray[np.float64], means: NDArray[np.float64], *, error: float) -> NDArray[np.float64]:
    """The natural log of the hedged capital against each possible mean, after all gains.

    Args:
        gains: shape (n,), in [-1, 1].
        means: shape (m,), in [-1, 1].
        error: as for the interval; it sets the size of the bets.

    Returns:
        Shape (m,); a mean whose value is at least log(1/error) lies outside of the interval.
    """
    import numpy as np

    if not np.all(np.abs(gains) <= 1):
        raise ValueError("gains must be numbers in [-1, 1]")
    values, centres = (gains + 1) / 2, (means + 1) / 2
    # Dividing by zero at the ends of the grid gives infinity, which is no limit: the bet itself is then the smaller.
    with np.errstate(divide="ignore"):
        limit_above, limit_below = LARGEST_SHARE / centres, LARGEST_SHARE / (1 - centres)
    up, down = np.zeros_like(centres), np.zeros_like(centres)
    for value, bet in zip(values, predictable_bets(values, error), strict=True):
        up += np.log1p(np.minimum(bet, limit_above) * (value - centres))
        down += np.log1p(-np.minimum(bet, limit_below) * (value - centres))
    # Each bettor has half of the money, and the larger purse is never more than both together.
    capital: NDArray[np.float64] = np.maximum(up, down) - math.log(2)
    return capital


def predictable_bets(values: NDArray[np.float64], error: float) -> NDArray[np.float64]:
    """The source's predictable plug-in: each bet from the variance of the earlier values alone, shrinking like 1/√(t log t).

    Args:
        values: shape (n,), in [0, 1].
        error: as for the interval.

    Returns:
        Shape (n,): the size of each bet before it is limited.
    """
    import numpy as np

    times = np.arange(1, values.size + 1)
    running_mean = (0.5 + np.cumsum(values)) / (times + 1)
    variance = (0.25 + np.cumsum((values - running_mean) ** 2)) / (times + 1)
    earlier = np.concatenate([[0.25], variance[:-1]])
    return np.sqrt(2 * math.log(2 / error) / (earlier * times * np.log1p(times)))
