"""Validate: paired rollouts on held-out sessions, bought while the gate wants more."""

from __future__ import annotations

from collections.abc import Sequence

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import load_splits
from nightschool.evaluation import AnchorWatch, BoughtExam, BoughtPair, buy_pairs, calls_of, require_scored
from nightschool.gate import wants_more
from nightschool.records import Example, GatePolicy, GradingPolicy, Health, Night, Pair, Record, Splits, version_of
from nightschool.settings import Settings
from tasks.caching import stage
from tasks.carry import Sitting, earlier_pairs, examinable, unit_of
from tasks.health import Checks, health_of, is_hopeless, with_anchors
from tasks.logs import stage_logger
from tasks.train import MODULES
from tasks.validate_questions import with_questions
from tasks.workshop import Bench, artifacts, bench


class Validated(Record):
    """What validation bought tonight, and what is known of the measurement."""

    exam: ArtifactRef
    n_pairs: int
    health: Health
    anchors: str = ""
    """Names the known answers by which the judge was checked."""
    traffic_share: float | None = None
    calls_saved: int = 0


@stage("validate", [*MODULES, "nightschool.gate", "nightschool.stats"], where=["settings"])
async def validate(
    night: Night,
    incumbent: str,
    challenger: str,
    examples: ArtifactRef,
    sitting: Sitting,
    examined: list[str],
    checks: Checks,
    policy: GatePolicy,
    grading: GradingPolicy,
    models: tuple[str, ...],
    agent: str,
    *,
    settings: Settings,
) -> Validated:
    """Buy pairs on the sessions that were set down for tonight, in the order in which the gate bets.

    Raises:
        LLMError: where more rollouts stay unscored than the gate accepts; what has a score is journaled for the next try.
    """
    store = artifacts(settings)
    splits = load_splits(store, examples)
    planned = set(sitting.units)
    tonight = [e for e in examinable(splits.held_out, settings, examined) if unit_of(e, sitting.unit) in planned]
    earlier = earlier_pairs(sitting, settings)
    async with bench(settings, night) as tools:
        health = await health_of(tools, incumbent, challenger, splits, splits.held_out, checks, policy)
        wanted = () if is_hopeless(health, policy) else tonight
        watch = AnchorWatch(tools.grader, checks.anchors)
        bought = await _buy(tools, (incumbent, challenger), wanted, earlier, sitting, policy, night, watch)
        exam = BoughtExam.of(bought)
        for arm in (exam.incumbent, exam.challenger):
            require_scored(arm, 1 - policy.min_complete_share, "the exam")
        health = with_anchors(health, watch.arms, policy)
        everything = (*earlier, *exam.pairs)
        health = await with_questions(tools, (incumbent, challenger), everything, health, splits, sitting, policy, grading, night)
        return Validated(
            exam=store.write_json("exam", exam.model_dump(mode="json")),
            n_pairs=len(exam.pairs),
            health=health,
            anchors=checks.anchors_digest,
            traffic_share=_traffic_share(splits, everything),
            calls_saved=_calls_saved(exam, len(tonight), judged=grading.use_llm_grader),
        )


def read_exam(ref: ArtifactRef, settings: Settings) -> BoughtExam:
    """The exam behind a reference."""
    return BoughtExam.model_validate(artifacts(settings).read_json(ref))


async def _buy(
    tools: Bench,
    prompts: tuple[str, str],
    tonight: Sequence[Example],
    earlier: Sequence[Pair],
    sitting: Sitting,
    policy: GatePolicy,
    night: Night,
    watch: AnchorWatch,
) -> list[BoughtPair]:
    log, settled, version = stage_logger(), sitting.policy(policy), version_of(prompts[1])

    def more(pairs: Sequence[Pair], batches_left: int) -> bool:
        if watch.arms[0].differs(watch.arms[1], policy.anchor_drift):
            return False  # the night is invalid, whatever else is bought
        left, so_far = batches_left * policy.batch, (*earlier, *pairs)
        return wants_more(so_far, settled, challenger=version, nights=sitting.night, alpha=sitting.alpha, units_left=left)

    return await buy_pairs(
        tools.evaluator,
        *prompts,
        _batches(tonight, sitting, policy.batch),
        night=night.run_date.isoformat(),
        wants_more=more,
        on_batch=lambda pairs: log.info("  %d of up to %d held-out examples examined", len(pairs), len(tonight)),
        beside=watch.beside,
    )


def _batches(tonight: Sequence[Example], sitting: Sitting, size: int) -> list[list[Example]]:
    """Examples by units in the order that was set down, so many units a batch."""
    by_unit: dict[str, list[Example]] = {unit: [] for unit in sitting.units}
    for example in tonight:
        by_unit[unit_of(example, sitting.unit)].append(example)
    order = [found for found in by_unit.values() if found]
    return [[e for unit in order[at : at + size] for e in unit] for at in range(0, len(order), size)]


def _traffic_share(splits: Splits, pairs: Sequence[Pair]) -> float | None:
    """The share of the window's questions that the examined ones stand for; each counts with its other wordings."""
    examined = {pair.example_id for pair in pairs}
    window = (*splits.train, *splits.validation, *splits.held_out)
    total = sum(example.frequency for example in window)
    return sum(e.frequency for e in splits.held_out if e.example_id in examined) / total if total else None


def _calls_saved(exam: BoughtExam, planned: int, *, judged: bool) -> int:
    """What the examples that were not bought would have cost, by what the others did; a judge's call for each answer."""
    if not exam.pairs:
        return 0
    each = sum(calls_of(rollout, judged=judged) for rollout in exam.rollouts) / len(exam.pairs)
    return round(each * (planned - len(exam.pairs)))
