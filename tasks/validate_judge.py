"""The judge is tried before a search is paid for; a night whose judge can't tell good from bad ends here."""

from __future__ import annotations

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import RecordedAnswer, load_or_create_salt, recorded_answers
from nightschool.dataset.scrubbing import Scrubber
from nightschool.errors import ConfigError
from nightschool.evaluation import JudgeCheck, check_judge
from nightschool.evaluation.judge_check import MOST_RATED, MOST_UNRATED
from nightschool.records import Night
from nightschool.settings import Settings
from tasks.health import checks_of
from tasks.logs import stage_logger
from tasks.workshop import artifacts, bench

_WHO_CAN_NOT_TELL = "Name a stronger models.judge_model, or make grading.rubric clearer: docs/grading.md."
_WHO_DOES_NOT_ANSWER = "Check the judge's endpoint, or name a models.judge_model that can write JSON."


async def tried_judge(
    settings: Settings, night: Night, turns: ArtifactRef, examples: ArtifactRef, grader: str
) -> JudgeCheck | None:
    """What the judge gave to answers of known worth and to recorded ones; None where no judge grades.

    Its grades are journaled: the same night again pays none of them twice.

    Args:
        settings: of the night.
        night: which one.
        turns: what was recorded in its window.
        examples: its sets; curated questions among them make anchors.
        grader: the grader's name.

    Raises:
        ConfigError: for a judge that can't tell good answers from bad ones, or gives no grade that can be read.
    """
    if not (settings.grading.use_llm_grader or settings.grading.scorers):
        return None
    checks = checks_of(settings, night, examples, grader)
    async with bench(settings, night, "search") as tools:
        recorded = _recorded(settings, turns)
        found = await check_judge(tools.grader, checks.anchors, recorded, at_once=settings.search.n_runners)
    if wrong := found.what_is_wrong(settings.gate.anchor_gap):
        raise ConfigError(
            f"No search is paid for: {wrong}.",
            next_step=_WHO_DOES_NOT_ANSWER if found.unheard else _WHO_CAN_NOT_TELL,
        )
    if found.agreement is not None:
        stage_logger().info("The judge agrees with %d ratings of users: Spearman %.2f", found.rated, found.agreement)
    return found


def _recorded(settings: Settings, turns: ArtifactRef) -> tuple[RecordedAnswer, ...]:
    scrubber = Scrubber(load_or_create_salt(settings.home), settings.data.scrub)
    return recorded_answers(artifacts(settings).path(turns), scrubber, rated=MOST_RATED, unrated=MOST_UNRATED)
