"""Gate: the verdict on what validation bought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nightschool.artifacts import ArtifactRef
from nightschool.gate import decide
from nightschool.records import GatePolicy, Grounds, Health, Pair, Record, Verdict, version_of
from nightschool.settings import Settings
from tasks.caching import stage
from tasks.carry import Sitting, earlier_pairs
from tasks.logs import stage_logger
from tasks.validate import Validated, read_exam
from tasks.workshop import artifacts


class Judged(Record):
    """A verdict, and what it was decided by."""

    verdict: Verdict
    grounds: Grounds = Grounds()

    def warned(self, more: Sequence[str]) -> Judged:
        """The same with further warnings."""
        warnings = (*self.verdict.warnings, *more)
        return self.model_copy(update={"verdict": self.verdict.model_copy(update={"warnings": warnings})})


@stage("gate", ["nightschool.gate", "nightschool.stats", "nightschool.records"], where=["settings"])
def gate(
    incumbent: str,
    challenger: str,
    validated: Validated | None,
    sitting: Sitting | None,
    policy: GatePolicy,
    *,
    settings: Settings,
) -> ArtifactRef:
    """Decide on the pairs of all nights of the test; what was decided is a file.

    Without a challenger the search found nothing better, and nothing was bought.
    """
    if validated is None or sitting is None:
        judged = Judged(verdict=decide((), policy, Health(identical_text=incumbent == challenger)))
    else:
        judged = _judged(version_of(challenger), validated, sitting, policy, settings)
    stage_logger().info("%s", judged.verdict.reason)
    return artifacts(settings).write_json("verdict", judged.model_dump(mode="json"))


def read_judged(ref: ArtifactRef, settings: Settings) -> Judged:
    """What was decided, behind a reference."""
    return Judged.model_validate(artifacts(settings).read_json(ref))


def not_opened(challenger: str, last: date) -> Judged:
    """The verdict where a challenger was found, and nothing of the year's budget has accrued that its test could spend."""
    reason = (
        f"Undecided: no test of {challenger} was opened: what may be spent on tests is spent up to the night of {last}, "
        "and a later night earns its own."
    )
    return Judged(verdict=Verdict(decision="undecided", reason=reason))


def pairs_of(sitting: Sitting, validated: Validated, settings: Settings) -> Sequence[Pair]:
    """What the verdict rests on: the pairs of earlier nights and of this one."""
    return (*earlier_pairs(sitting, settings), *read_exam(validated.exam, settings).pairs)


def _judged(challenger: str, validated: Validated, sitting: Sitting, policy: GatePolicy, settings: Settings) -> Judged:
    settled = sitting.policy(policy)
    verdict = decide(
        pairs_of(sitting, validated, settings),
        settled,
        validated.health,
        challenger=challenger,
        nights=sitting.night,
        alpha=sitting.alpha,
    )
    known = {
        "budget_spent": sitting.budget_spent,
        "traffic_share": validated.traffic_share,
        "calls_saved": validated.calls_saved,
    }
    grounds = Grounds(
        test_id=sitting.test_id,
        challenger=challenger,
        nights=sitting.night,
        anchors=validated.anchors,
        policy=settled,
        health=validated.health,
    )
    return Judged(verdict=verdict.model_copy(update=known), grounds=grounds)
