"""Gate: the verdict on what validation bought."""

from __future__ import annotations

from collections.abc import Sequence

from nightschool.artifacts import ArtifactRef
from nightschool.gate import decide
from nightschool.records import GatePolicy, Health, Pair, Verdict, version_of
from nightschool.settings import Settings
from tasks.caching import stage
from tasks.logs import stage_logger
from tasks.validate import Validated, read_exam
from tasks.workshop import artifacts


@stage("gate", ["nightschool.gate", "nightschool.stats", "nightschool.records"], where=["settings"])
def gate(incumbent: str, challenger: str, validated: Validated | None, policy: GatePolicy, *, settings: Settings) -> ArtifactRef:
    """Decide; the verdict is a file. Without a challenger the search found nothing better, and nothing was bought."""
    if validated:
        policy = policy.model_copy(update={"unit": validated.unit})
    pairs: Sequence[Pair] = read_exam(validated.exam, settings).pairs if validated else ()
    judge = validated.judge_id if validated else ""
    health = Health(judge_id_incumbent=judge, judge_id_challenger=judge, identical_text=incumbent == challenger)
    verdict = decide(pairs, policy, health, challenger=version_of(challenger))
    stage_logger().info("%s", verdict.reason)
    return artifacts(settings).write_json("verdict", verdict.model_dump(mode="json"))


def read_verdict(ref: ArtifactRef, settings: Settings) -> Verdict:
    """The verdict behind a reference."""
    return Verdict.model_validate(artifacts(settings).read_json(ref))
