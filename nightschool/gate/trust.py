"""Whether the numbers can be trusted at all: each rule names one way in which they can't."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nightschool.gate.exam import Exam
from nightschool.gate.outcome import Outcome
from nightschool.records import Sample

SAME = 1e-9
EXTREMES = (0.0, 1.0)


def stored_incumbent(exam: Exam) -> Outcome | None:
    """A stored score is never compared with a fresh one."""
    if exam.health.stored_incumbent:
        return "invalid", "Invalid: the incumbent's scores were stored ones; both arms must be graded anew in the same night."
    return None


def judges_differ(exam: Exam) -> Outcome | None:
    """Both arms need the same judge."""
    ours, theirs = exam.health.judge_id_incumbent, exam.health.judge_id_challenger
    if ours != theirs:
        return "invalid", f"Invalid: the arms were graded by different judges, {ours or 'none'} and {theirs or 'none'}."
    return None


def duplicate_rows(exam: Exam) -> Outcome | None:
    """An example that counts twice is no second observation."""
    if exam.n_duplicates:
        return "invalid", f"Invalid: {exam.n_duplicates} rows repeat an example that was already examined."
    return None


def quotes(exam: Exam) -> Outcome | None:
    """A prompt that quotes the exam has seen it."""
    if quoted := exam.health.quoted_examples:
        return "invalid", f"Invalid: the challenger quotes {len(quoted)} held-out examples, the first is {quoted[0]}."
    return None


def incomplete(exam: Exam) -> Outcome | None:
    """Too many pairs without two valid scores."""
    total = len(exam.pairs)
    complete = total - exam.n_unscored
    if complete < exam.policy.min_complete_share * total:
        return "invalid", (
            f"Invalid: only {complete} of {total} pairs have two valid scores, "
            f"{exam.policy.min_complete_share:.0%} are needed; look at the endpoint and the judge."
        )
    return None


def anchors_not_separated(exam: Exam) -> Outcome | None:
    """A judge that can't tell known good answers from known bad ones."""
    good, bad = exam.anchors_good, exam.anchors_bad
    if good is None or bad is None or good - bad >= exam.policy.anchor_gap:
        return None
    return "invalid", (
        f"Invalid: the judge gives known good answers {good:.2f} and known bad ones {bad:.2f} on average, "
        f"less than {exam.policy.anchor_gap:g} apart."
    )


def anchors_drifted_in_one_arm(exam: Exam) -> Outcome | None:
    """A judge that changed its mind between the arms."""
    if exam.health.anchors_one_arm_drift:
        return "invalid", "Invalid: the judge graded the known answers otherwise in one arm than in the other."
    return None


def constant_rewards(exam: Exam) -> Outcome | None:
    """Each arm has one reward everywhere, over at least `min_sessions` units: nothing was measured.

    All wrong beside all right is none of it: such a pair is rare, and both ends of the scale say something.
    """
    arms = [set(arm) for arm in zip(*exam.rewards, strict=True)]
    if exam.n < exam.policy.min_sessions or any(len(arm) > 1 for arm in arms):
        return None
    old, new = (arm.pop() for arm in arms)
    if {old, new} == set(EXTREMES):
        return None
    return "invalid", (
        f"Invalid: every answer of the incumbent has the same reward, {old:g}, and every one of the challenger, {new:g}; "
        "look at the grader."
    )


def judge_stuck_in_one_arm(exam: Exam) -> Outcome | None:
    """The judge's part is one number in one arm alone, and nothing else says that this arm is all good or all bad."""
    if exam.n < exam.policy.min_sessions:
        return None
    pairs = [pair for unit in exam.units for pair in unit.pairs]
    stuck = {
        name: constant
        for name in ("incumbent", "challenger")
        if (constant := _stuck_at([getattr(pair, name) for pair in pairs], exam.policy.min_sessions)) is not None
    }
    if len(stuck) != 1:
        return None
    name, constant = stuck.popitem()
    return "invalid", f"Invalid: the judge gave every answer of the {name} the same grade, {constant:g}; look at the judge."


RULES = (
    stored_incumbent,
    judges_differ,
    duplicate_rows,
    quotes,
    incomplete,
    anchors_drifted_in_one_arm,
    anchors_not_separated,
    judge_stuck_in_one_arm,
)


def anchor_drift(exam: Exam) -> str | None:
    """A warning where both arms' anchors moved alike against their reference."""
    moved = [
        f"{kind} {before:.2f} → {now:.2f}"
        for kind, before, now in (
            ("good", exam.health.anchors_good_reference, exam.anchors_good),
            ("bad", exam.health.anchors_bad_reference, exam.anchors_bad),
        )
        if before is not None and now is not None and abs(now - before) > exam.policy.anchor_drift
    ]
    if not moved:
        return None
    return f"The judge grades the known answers otherwise than before ({', '.join(moved)}), in both arms alike."


def _stuck_at(arm: Sequence[Sequence[Sample]], least: int) -> float | None:
    """The one grade that the judge gave to all answers of an arm; None where grades differ or an arm deserves it."""
    graded = [sample for samples in arm for sample in samples if not sample.fault]
    grades = [sample.judge for sample in graded if sample.judge is not None]
    if len(grades) < least or max(grades) - min(grades) > SAME:
        return None
    return None if _is_deserved(grades[0], graded) else grades[0]


def _is_deserved(constant: float, graded: Iterable[Sample]) -> bool:
    """Whether accuracy, which no judge has a say in, agrees everywhere that an arm is all bad or all good."""
    return constant in EXTREMES and all(sample.accuracy is not None and sample.accuracy == constant for sample in graded)
