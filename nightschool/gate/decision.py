"""The decision: rules that are asked in order, of which the first with an answer decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nightschool.gate.exam import Exam
from nightschool.records import GatePolicy, Health, Pair, Verdict, VerdictDecision

SATURATED = 0.995
"""Where both arms are at least this good on every pair, there is nothing left to gain."""

LARGE_GAIN = 0.3
"""A test that could confirm only larger gains than this says so."""

Outcome = tuple[VerdictDecision, str]
Rule = Callable[[Exam], Outcome | None]


def decide(
    pairs: Iterable[Pair],
    policy: GatePolicy = GatePolicy(),  # noqa: B008 - a frozen record
    health: Health = Health(),  # noqa: B008 - a frozen record
    *,
    challenger: str = "",
    nights: int = 1,
    alpha: float | None = None,
) -> Verdict:
    """Judge a challenger by the pairs that were bought for it.

    Args:
        pairs: all pairs of this test, of all its nights, in any order.
        policy: when a challenger is promoted.
        health: what is known about the measurement itself.
        challenger: its hash; it sets the order of the units.
        nights: how many nights this pair of prompts has been tested.
        alpha: false promotions allowed for this test; None: `yearly_false_promotions / tests_per_year`.

    Returns:
        The verdict, with one sentence of reason and the figures that it rests on.

    Raises:
        ValueError: for a reward that is NaN or outside [0, 1], or an alpha outside (0, 1).
    """
    exam = Exam.of(pairs, policy, health, challenger=challenger, nights=nights, alpha=alpha)
    decision, reason = next(outcome for rule in RULES if (outcome := rule(exam)))
    return Verdict(decision=decision, reason=reason, warnings=_warnings(exam), **exam.figures())


def _stored_incumbent(exam: Exam) -> Outcome | None:
    if exam.health.stored_incumbent:
        return "invalid", "Invalid: the incumbent's scores were stored ones; both arms must be graded anew in the same night."
    return None


def _judges_differ(exam: Exam) -> Outcome | None:
    ours, theirs = exam.health.judge_id_incumbent, exam.health.judge_id_challenger
    if ours != theirs:
        return "invalid", f"Invalid: the arms were graded by different judges, {ours or 'none'} and {theirs or 'none'}."
    return None


def _duplicate_rows(exam: Exam) -> Outcome | None:
    if exam.n_duplicates:
        return "invalid", f"Invalid: {exam.n_duplicates} rows repeat an example that was already examined."
    return None


def _quotes(exam: Exam) -> Outcome | None:
    if quoted := exam.health.quoted_examples:
        return "invalid", f"Invalid: the challenger quotes {len(quoted)} held-out examples, the first is {quoted[0]}."
    return None


def _identical_text(exam: Exam) -> Outcome | None:
    if exam.health.identical_text:
        return "reject", "Reject: the challenger's text is the incumbent's."
    return None


def _must_pass(exam: Exam) -> Outcome | None:
    if failed := exam.health.must_pass_failed:
        return "reject", f"Reject: the challenger fails the must-pass example {failed[0]} (of {len(failed)})."
    return None


def _incomplete(exam: Exam) -> Outcome | None:
    total = len(exam.pairs)
    complete = total - exam.n_unscored
    if complete < exam.policy.min_complete_share * total:
        return "invalid", (
            f"Invalid: only {complete} of {total} pairs have two valid scores, "
            f"{exam.policy.min_complete_share:.0%} are needed; look at the endpoint and the judge."
        )
    return None


def _saturated(exam: Exam) -> Outcome | None:
    if exam.n >= exam.policy.min_sessions and min(min(both) for both in exam.rewards) >= SATURATED:
        return "reject", f"Reject: both prompts are already at {SATURATED} or better everywhere after {exam.counted}."
    return None


def _constant(exam: Exam) -> Outcome | None:
    """All rewards of both arms are one and the same number, over at least `min_sessions` units: nothing was measured."""
    values = {reward for both in exam.rewards for reward in both}
    if exam.n >= exam.policy.min_sessions and len(values) == 1:
        return "invalid", f"Invalid: every answer of both prompts has the same reward, {values.pop():g}; look at the grader."
    return None


def _won(exam: Exam) -> Outcome | None:
    if not exam.is_over or exam.gain is None:
        return None
    if exam.gain < exam.policy.min_effect:
        least = f"{exam.policy.min_effect:g}"
        return "reject", f"Reject: the mean gain of {exam.gain:+.3f} is smaller than the least that is worth a change, {least}."
    return "promote", f"Promote: {_odds(exam)}; the mean gain is {exam.gain:+.3f}."


def _futile(exam: Exam) -> Outcome | None:
    if exam.n < exam.policy.horizon and exam.is_futile:
        return "reject", f"Reject: {_odds(exam)}, and even an optimist would not win any more."
    return None


def _used_up(exam: Exam) -> Outcome | None:
    if exam.n >= exam.policy.horizon:
        return "reject", f"Reject: {_odds(exam)}, and the test was planned for no more."
    if exam.nights >= exam.policy.max_nights:
        return "reject", f"Reject: {_odds(exam)}, and all {exam.policy.max_nights} nights are used up."
    return None


def _undecided(exam: Exam) -> Outcome:
    if not exam.n:
        return "undecided", "Undecided: no session has been examined yet; the test goes on tomorrow."
    if exam.has_evidence:
        short = f"but nothing is promoted on fewer than {exam.policy.min_sessions}; the test goes on tomorrow."
        return "undecided", f"Undecided: {_odds(exam)}, {short}"
    return "undecided", f"Undecided: {_odds(exam)}; the test goes on tomorrow."


RULES: tuple[Rule, ...] = (
    _stored_incumbent,
    _judges_differ,
    _duplicate_rows,
    _quotes,
    _identical_text,
    _must_pass,
    _incomplete,
    _saturated,
    _constant,
    _won,
    _futile,
    _used_up,
    _undecided,
)


def _odds(exam: Exam) -> str:
    return f"evidence {_to_one(exam.evidence)} of the {_to_one(exam.needed)} needed after {exam.counted}"


def _to_one(odds: float) -> str:
    if odds >= 1e6:
        return "over 1,000,000 : 1"
    return f"{odds:,.0f} : 1" if odds >= 10 else f"{odds:.1f} : 1"


def _warnings(exam: Exam) -> tuple[str, ...]:
    if not exam.n:
        return ()
    smallest = exam.smallest_confirmable_gain
    if smallest is None:
        return (f"{exam.counted} can confirm no gain at all at these odds.",)
    if smallest > LARGE_GAIN:
        return (f"{exam.counted} can confirm no gain smaller than {smallest:.2f} at these odds.",)
    return ()
