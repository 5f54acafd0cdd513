"""What is settled when a test opens: how many units it is planned for."""

from __future__ import annotations

from nightschool.records import GatePolicy

LEAST_HORIZON = 60
"""A test for fewer units would have to stake so much on each that only a huge gain could win it."""


def horizon_for(units_a_night: float, policy: GatePolicy) -> int:
    """Units that a test is planned for: what its nights will bring, at least 60, at most the policy's horizon.

    Args:
        units_a_night: fresh held-out sessions (or users) that a night brings.
        policy: how many nights a test may last, and for how many units at most.
    """
    return min(max(round(policy.max_nights * units_a_night), LEAST_HORIZON), policy.horizon)
