"""How many false promotions a test may be allowed: what has accrued since the last one was opened."""

from __future__ import annotations

NIGHTS_A_YEAR = 365
MOST_ALPHA = 1 / 12
"""No test gets better odds than 12 : 1, however long nothing was tested."""


def accrued_alpha(nights: int, yearly: float) -> float:
    """What a target has earned in some nights.

    Args:
        nights: since the last opening, tonight included.
        yearly: false promotions a year that the target is allowed.
    """
    return max(nights, 0) * yearly / NIGHTS_A_YEAR


def alpha_for(nights: int, yearly: float) -> float:
    """What a test that opens now spends of it: all, up to 1/12; the rest is forgone.

    The sum over all openings of a year so never exceeds `yearly`, whenever they are.
    """
    return min(accrued_alpha(nights, yearly), MOST_ALPHA)
