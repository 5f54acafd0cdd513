"""The decision: rules that are asked in order, of which the first with an answer decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nightschool.gate import guards, trust
from nightschool.gate.exam import Exam
from nightschool.gate.outcome import Outcome, Rule, odds_of
from nightschool.records import GatePolicy, Health, Pair, Verdict

SATURATED = 0.995
"""Where both arms are at least this good on every pair, there is nothing left to gain."""

LARGE_GAIN = 0.3
"""A test that could confirm only larger gains than this says so."""


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
    return Verdict(decision=decision, reason=reason, warnings=tuple(_warnings(exam)), **exam.figures())


def _identical_text(exam: Exam) -> Outcome | None:
    if exam.health.identical_text:
        return "reject", "Reject: the challenger's text is the incumbent's."
    return None


def _must_pass(exam: Exam) -> Outcome | None:
    if failed := exam.health.must_pass_failed:
        return "reject", f"Reject: the challenger fails the must-pass example {failed[0]} (of {len(failed)})."
    return None


def _saturated(exam: Exam) -> Outcome | None:
    if exam.n >= exam.policy.min_sessions and min(min(both) for both in exam.rewards) >= SATURATED:
        return "reject", f"Reject: both prompts are already at {SATURATED} or better everywhere after {exam.counted}."
    return None


def _won(exam: Exam) -> Outcome | None:
    if not exam.is_over or exam.gain is None:
        return None
    if exam.gain < exam.policy.min_effect:
        least = f"{exam.policy.min_effect:g}"
        return "reject", f"Reject: the mean gain of {exam.gain:+.3f} is smaller than the least that is worth a change, {least}."
    if exam.policy.promotion == "off":
        return "reject", f"Reject: {odds_of(exam)}, but the target is frozen (gate.promotion = off)."
    if reasons := list(guards.findings(exam, "hold")):
        return "hold", f"Hold: {odds_of(exam)}, but {'; '.join(reasons)}; a person decides."
    if exam.policy.promotion == "approve":
        return "hold", f"Hold: {odds_of(exam)}; the mean gain is {exam.gain:+.3f}; a person decides on every win here."
    return "promote", f"Promote: {odds_of(exam)}; the mean gain is {exam.gain:+.3f}."


def _futile(exam: Exam) -> Outcome | None:
    if exam.n < exam.policy.horizon and exam.is_futile:
        return "reject", f"Reject: {odds_of(exam)}, and even an optimist would not win any more."
    return None


def _used_up(exam: Exam) -> Outcome | None:
    if exam.n >= exam.policy.horizon:
        return "reject", f"Reject: {odds_of(exam)}, and the test was planned for no more."
    if exam.nights >= exam.policy.max_nights:
        return "reject", f"Reject: {odds_of(exam)}, and all {exam.policy.max_nights} nights are used up."
    return None


def _undecided(exam: Exam) -> Outcome:
    if not exam.n:
        return "undecided", "Undecided: no session has been examined yet; the test goes on tomorrow."
    if exam.is_won_but_for_the_unscored:
        short = f"but if the {exam.n_unscored} unscored pairs had all gone against it, nothing would be gained"
        return "undecided", f"Undecided: {odds_of(exam)}, {short}; the test goes on tomorrow."
    if exam.has_evidence:
        short = f"but nothing is promoted on fewer than {exam.policy.min_sessions}; the test goes on tomorrow."
        return "undecided", f"Undecided: {odds_of(exam)}, {short}"
    return "undecided", f"Undecided: {odds_of(exam)}; the test goes on tomorrow."


RULES: tuple[Rule, ...] = (
    *trust.RULES,
    _identical_text,
    _must_pass,
    _saturated,
    trust.constant_rewards,
    _won,
    _futile,
    _used_up,
    _undecided,
)


def _warnings(exam: Exam) -> Iterator[str]:
    yield from (f"{sentence[0].upper()}{sentence[1:]}." for sentence in guards.findings(exam, "warn"))
    if drift := trust.anchor_drift(exam):
        yield drift
    if not exam.n:
        return
    if exam.unit == "session" and exam.n_users:
        yield f"Sessions were counted, of {exam.n_users} known users: the verdict speaks for these, and not for new ones."
    smallest = exam.smallest_confirmable_gain
    if smallest is None:
        yield f"{exam.counted} can confirm no gain at all at these odds."
    elif smallest > LARGE_GAIN:
        yield f"{exam.counted} can confirm no gain smaller than {smallest:.2f} at these odds."
