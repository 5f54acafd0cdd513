"""What is looked at before the exam is paid for: quotes of it, must-pass questions, and the judge itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import load_splits, quoted_examples
from nightschool.evaluation import must_pass_failures, side_by_side
from nightschool.grading import Anchor, AnchorGrades, anchors_from, grade_anchors, load_anchors
from nightschool.llm import estimate_tokens
from nightschool.records import Example, GatePolicy, Health, NeighbourPolicy, Night, Record, Splits, digest_of
from nightschool.settings import Settings
from tasks.workshop import Bench, artifacts, registry


class Checks(Record):
    """What the measurement is checked by."""

    neighbours: NeighbourPolicy = NeighbourPolicy()
    """How much a question may differ from an example and still quote it."""
    anchors: tuple[Anchor, ...] = ()
    anchors_good_reference: float | None = None
    anchors_bad_reference: float | None = None

    @property
    def anchors_digest(self) -> str:
        """Names the anchors; empty without any."""
        return digest_of(self.anchors)[:16] if self.anchors else ""


def checks_of(settings: Settings, night: Night, examples: ArtifactRef, grader: str) -> Checks:
    """Tonight's checks: the site's anchors, or some made of curated questions, and what the same grader gave them first.

    Raises:
        DataError: for a file of anchors that can't be used.
    """
    checks = Checks(neighbours=settings.data.neighbours, anchors=_anchors(settings, examples))
    if not checks.anchors:
        return checks
    with registry(settings) as book:
        found = book.anchor_reference(night, checks.anchors_digest, grader)
    reference = {} if found is None else {"anchors_good_reference": found[0], "anchors_bad_reference": found[1]}
    return checks.model_copy(update=reference)


async def health_of(
    tools: Bench, incumbent: str, challenger: str, splits: Splits, held_out: Sequence[Example], checks: Checks, policy: GatePolicy
) -> Health:
    """What is known of the measurement before the first pair is bought.

    Args:
        tools: of the stage.
        incumbent: the incumbent's text.
        challenger: the challenger's text.
        splits: the night's sets; must-pass questions are in any of them.
        held_out: the examples of the exam.
        checks: what is checked.
        policy: how far anchors may be apart in the two arms.
    """
    judge = tools.evaluator.grader_identity
    known = Health(
        judge_id_incumbent=judge,
        judge_id_challenger=judge,
        quoted_examples=quoted_examples(challenger, held_out, checks.neighbours, besides=incumbent),
        prompt_tokens_incumbent=estimate_tokens(incumbent),
        prompt_tokens_challenger=estimate_tokens(challenger),
    )
    if known.quoted_examples:
        return known
    marked = (*splits.train, *splits.validation, *splits.held_out)
    failed = await must_pass_failures(tools.evaluator, incumbent, challenger, marked)
    arms = await side_by_side(grade_anchors(tools.grader, checks.anchors, arm=arm) for arm in (1, 2))
    return known.model_copy(update={"must_pass_failed": failed} | _anchor_health(arms, checks, policy))


def is_hopeless(health: Health, policy: GatePolicy) -> bool:
    """Whether no reward could lead to a promotion any more, so that none need be paid for."""
    good, bad = (_mean(grades) for grades in (health.anchors_good, health.anchors_bad))
    is_blind = good is not None and bad is not None and good - bad < policy.anchor_gap
    return bool(health.quoted_examples or health.must_pass_failed or health.anchors_one_arm_drift or is_blind)


def _anchor_health(arms: Sequence[AnchorGrades], checks: Checks, policy: GatePolicy) -> dict[str, object]:
    one, other = arms
    apart = [
        abs(left - right) > policy.anchor_drift
        for kind in ("good", "bad")
        if (left := _mean(getattr(one, kind))) is not None and (right := _mean(getattr(other, kind))) is not None
    ]
    return {
        "anchors_good": (*one.good, *other.good),
        "anchors_bad": (*one.bad, *other.bad),
        "anchors_good_reference": checks.anchors_good_reference,
        "anchors_bad_reference": checks.anchors_bad_reference,
        "anchors_one_arm_drift": any(apart),
    }


def _anchors(settings: Settings, examples: ArtifactRef) -> tuple[Anchor, ...]:
    if not settings.grading.use_llm_grader:
        return ()
    if settings.gate.anchor_files:
        return load_anchors(Path(name) for name in settings.gate.anchor_files)
    return anchors_from(load_splits(artifacts(settings), examples).train)


def _mean(grades: Sequence[float]) -> float | None:
    return sum(grades) / len(grades) if grades else None
