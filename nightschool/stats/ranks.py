"""Rank correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence


def spearman(rows: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's rank correlation, ties at their mean ranks; in [-1, 1].

    Args:
        rows: pairs of observations.

    Returns:
        None where either side does not vary.
    """
    if len(rows) < 2:
        return None
    first, second = _ranks([row[0] for row in rows]), _ranks([row[1] for row in rows])
    middle = (len(rows) + 1) / 2
    spread = math.fsum((a - middle) ** 2 for a in first) * math.fsum((b - middle) ** 2 for b in second)
    if spread <= 0:
        return None
    together = math.fsum((a - middle) * (b - middle) for a, b in zip(first, second, strict=True))
    return max(-1.0, min(1.0, together / math.sqrt(spread)))


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(values)
    places: dict[float, list[int]] = {}
    for place, value in enumerate(order, 1):
        places.setdefault(value, []).append(place)
    return [sum(places[value]) / len(places[value]) for value in values]
