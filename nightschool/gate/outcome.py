"""What a rule answers, and how odds are written."""

from __future__ import annotations

from collections.abc import Callable

from nightschool.gate.exam import Exam
from nightschool.records import VerdictDecision

Outcome = tuple[VerdictDecision, str]
"""A decision with its one sentence."""
Rule = Callable[[Exam], Outcome | None]
"""Asked in order; None leaves the decision to the next one."""


def odds_of(exam: Exam) -> str:
    """How far the evidence has come: "evidence 29 : 1 of the 91 : 1 needed after 60 sessions"."""
    return f"evidence {to_one(exam.evidence)} of the {to_one(exam.needed)} needed after {exam.counted}"


def to_one(odds: float) -> str:
    """Odds in words."""
    if odds >= 1e6:
        return "over 1,000,000 : 1"
    return f"{odds:,.0f} : 1" if odds >= 10 else f"{odds:.1f} : 1"
