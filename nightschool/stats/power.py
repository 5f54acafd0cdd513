"""What a number of units can show: the smallest gain that they could confirm, and whether a test can still be won."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from nightschool.stats.betting import Bet

PRECISION = 1e-4


def smallest_confirmable_gain(n: int, *, alpha: float, horizon: int, scatter: Sequence[float] | None = None) -> float | None:
    """The smallest mean gain that n units could have confirmed.

    Args:
        n: how many units.
        alpha: as for the bet.
        horizon: as for the bet.
        scatter: how far each of n units lay from their mean, in the order of the bet; None: each shows exactly the mean,
            which real gains never do.

    Returns:
        A gain in (0, 1], rounded up to 0.0001; None where even the largest gain could not be confirmed.
    """
    apart = [0.0] * n if scatter is None else scatter

    def confirms(gain: float) -> bool:
        bet = Bet(alpha, horizon)
        for more in apart:
            bet.place(min(1.0, max(-1.0, gain + more)))
        return bet.is_won

    if not confirms(1.0):
        return None
    low, high = 0.0, 1.0
    while high - low > PRECISION:
        middle = (low + high) / 2
        low, high = (low, middle) if confirms(middle) else (middle, high)
    return round(math.ceil(high / PRECISION) * PRECISION, 4)


def units_to_confirm(gain: float, *, alpha: float, horizon: int) -> int | None:
    """How many units could confirm this gain, had each of them shown exactly this gain.

    Returns:
        A number of at most `horizon`; None where not even so many could.
    """
    bet = Bet(alpha, horizon)
    for n in range(1, horizon + 1):
        bet.place(gain)
        if bet.is_won:
            return n
    return None


def can_still_win(bet: Bet, gains: Sequence[float], *, left: int, z: float) -> bool:
    """Whether an optimist, who expects the mean plus z standard errors from each unit left, still sees the bet won.

    Args:
        bet: the bet after `gains`.
        gains: what it was placed on.
        left: units that are still to come.
        z: standard errors of optimism.
    """
    if bet.is_won:
        return True
    return _wins(dataclasses.replace(bet), _optimistic_mean(gains, z), left)


def _optimistic_mean(gains: Sequence[float], z: float) -> float:
    n = len(gains)
    if n < 2:
        return 1.0
    mean = math.fsum(gains) / n
    variance = math.fsum((gain - mean) ** 2 for gain in gains) / (n - 1)
    return min(1.0, mean + z * math.sqrt(variance / n))


def _wins(bet: Bet, gain: float, left: int) -> bool:
    for _ in range(left):
        if bet.is_won:
            return True
        bet.place(gain)
    return bet.is_won
