"""Small tests beside the bet, for guards that may ask a person and never promote: losses, several at once, a slope."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def loss_p_value(differences: Sequence[float]) -> float:
    """One-sided p-value of "the mean is not below zero", by Student's t.

    Args:
        differences: one for each unit, at least two.

    Returns:
        In [0, 1]; without any scatter 0 for a loss and 1 otherwise.
    """
    n = len(differences)
    if n < 2:
        raise ValueError(f"a t-test needs at least 2 differences, not {n}")
    mean = math.fsum(differences) / n
    variance = math.fsum((value - mean) ** 2 for value in differences) / (n - 1)
    if variance <= 1e-18:
        return 0.0 if mean < -1e-9 else 1.0
    from scipy.special import stdtr

    return float(stdtr(n - 1, mean / math.sqrt(variance / n)))


def mcnemar_p_value(more: int, fewer: int) -> float:
    """One-sided p-value of McNemar's exact test: how likely are so many pairs of the first kind by chance alone?

    Args:
        more: pairs in which only the second arm failed.
        fewer: pairs in which only the first arm failed.
    """
    n = more + fewer
    return sum(math.comb(n, k) for k in range(more, n + 1)) / (1 << n)


def holm_rejected(p_values: Mapping[Name, float], error: float) -> frozenset[Name]:
    """The hypotheses that Holm's step-down procedure rejects (Scand. J. Statist. 6, 1979).

    Args:
        p_values: of each hypothesis.
        error: the chance that any true hypothesis is among the rejected.
    """
    rejected: set[Name] = set()
    ranked = sorted(p_values.items(), key=lambda item: item[1])
    for rank, (name, p_value) in enumerate(ranked):
        if p_value > error / (len(ranked) - rank):
            break
        rejected.add(name)
    return frozenset(rejected)


def slope_of(rows: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Least squares of y on x: slope, its standard error, intercept.

    Where x does not scatter nothing can be told of the slope: it is 0 with an infinite error.

    Args:
        rows: (x, y), at least three.
    """
    n = len(rows)
    mean_x, mean_y = (math.fsum(row[column] for row in rows) / n for column in (0, 1))
    scatter = math.fsum((x - mean_x) ** 2 for x, _ in rows)
    if scatter <= 1e-12:
        return 0.0, math.inf, mean_y
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in rows) / scatter
    intercept = mean_y - slope * mean_x
    left = math.fsum((y - intercept - slope * x) ** 2 for x, y in rows)
    return slope, math.sqrt(left / (n - 2) / scatter), intercept
