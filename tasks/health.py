"""What is looked at before the exam is paid for: quotes of it, must-pass questions, and the judge itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import load_splits, quoted_examples
from nightschool.evaluation import AnchorGrades, grade_anchors, must_pass_failures
from nightschool.grading import Anchor, anchors_from, load_anchors
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
        policy: how far the judge must tell good answers from bad ones.
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
    graded = await grade_anchors(tools.grader, checks.anchors)
    known = known.model_copy(update=_anchors_in(graded) | _anchor_references(checks))
    if graded.is_blind(policy.anchor_gap):
        return known
    failed = await must_pass_failures(tools.evaluator, incumbent, challenger, marked)
    return known.model_copy(update={"must_pass_failed": failed})


def with_anchors(health: Health, arms: tuple[AnchorGrades, AnchorGrades], policy: GatePolicy) -> Health:
    """What is known after the batches: the anchors as they were graded in both arms; as before where no batch was bought."""
    if not any((*arm.good, *arm.bad) for arm in arms):
        return health
    one, other = arms
    drifted = one.differs(other, policy.anchor_drift)
    return health.model_copy(update=_anchors_in(one, other) | {"anchors_one_arm_drift": drifted})


def is_hopeless(health: Health, policy: GatePolicy) -> bool:
    """Whether no reward could lead to a promotion any more, so that none need be paid for."""
    anchors = AnchorGrades(good=tuple(health.anchors_good), bad=tuple(health.anchors_bad))
    return bool(health.quoted_examples or health.must_pass_failed) or anchors.is_blind(policy.anchor_gap)


def _anchors_in(*arms: AnchorGrades) -> dict[str, object]:
    return {"anchors_good": tuple(g for arm in arms for g in arm.good), "anchors_bad": tuple(g for arm in arms for g in arm.bad)}


def _anchor_references(checks: Checks) -> dict[str, object]:
    return {name: getattr(checks, name) for name in ("anchors_good_reference", "anchors_bad_reference")}


def _anchors(settings: Settings, examples: ArtifactRef) -> tuple[Anchor, ...]:
    if not settings.grading.use_llm_grader:
        return ()
    if settings.gate.anchor_files:
        return load_anchors(Path(name) for name in settings.gate.anchor_files)
    return anchors_from(load_splits(artifacts(settings), examples).train)
