"""The stopping rule: whether validate should buy another batch of pairs."""

from __future__ import annotations

from collections.abc import Iterable

from nightschool.gate.exam import Exam
from nightschool.records import GatePolicy, Health, Pair


def wants_more(
    pairs: Iterable[Pair],
    policy: GatePolicy = GatePolicy(),  # noqa: B008 - a frozen record
    *,
    challenger: str = "",
    nights: int = 1,
    alpha: float | None = None,
    units_left: int,
) -> bool:
    """Whether more pairs could still change the verdict.

    No more are wanted when the bet is won, when even an optimist could not win any more within the horizon, when the
    horizon or the nights are used up, or when nothing is left to buy.

    Args:
        pairs: all pairs of this test so far, of all its nights, in any order.
        policy: as for `decide`.
        challenger: as for `decide`.
        nights: as for `decide`.
        alpha: as for `decide`.
        units_left: units that could still be bought tonight.
    """
    if units_left <= 0 or nights > policy.max_nights:
        return False
    exam = Exam.of(pairs, policy, Health(), challenger=challenger, nights=nights, alpha=alpha)
    return exam.n < policy.horizon and not exam.is_over and not exam.is_futile
