"""Validate: paired rollouts on held-out sessions, bought while the gate wants more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import load_splits
from nightschool.evaluation import BoughtExam, BoughtPair, buy_pairs, require_scored
from nightschool.gate import settle_unit, units_in_order, wants_more
from nightschool.grading import gradable
from nightschool.records import Example, GatePolicy, GradingPolicy, Night, Pair, Record, version_of
from nightschool.settings import Settings
from tasks.caching import stage
from tasks.logs import stage_logger
from tasks.train import MODULES
from tasks.workshop import Bench, artifacts, bench


class Validated(Record):
    """What validation bought."""

    exam: ArtifactRef
    n_pairs: int
    judge_id: str
    unit: Literal["session", "user"]
    """Settled before the first pair was bought; the gate decides by the same."""


@stage("validate", [*MODULES, "nightschool.gate", "nightschool.stats"], where=["settings"])
async def validate(
    night: Night,
    incumbent: str,
    challenger: str,
    examples: ArtifactRef,
    examined: list[str],
    policy: GatePolicy,
    grading: GradingPolicy,
    models: tuple[str, ...],
    agent: str,
    *,
    settings: Settings,
) -> Validated:
    """Buy pairs on held-out sessions that no promotion has used before, in the order in which the gate bets.

    Raises:
        LLMError: where more rollouts stay unscored than the gate accepts; what has a score is journaled for the next try.
    """
    store = artifacts(settings)
    held_out = [e for e in load_splits(store, examples).held_out if e.session_id not in set(examined) and gradable(e, grading)]
    unit = settle_unit((example.user_id for example in held_out), policy)
    policy = policy.model_copy(update={"unit": unit})
    async with bench(settings, night) as tools:
        exam = BoughtExam.of(await _buy(tools, incumbent, challenger, held_out, policy, night))
        for arm in (exam.incumbent, exam.challenger):
            require_scored(arm, 1 - policy.min_complete_share, "the exam")
        return Validated(
            exam=store.write_json("exam", exam.model_dump(mode="json")),
            n_pairs=len(exam.pairs),
            judge_id=tools.evaluator.grader_identity,
            unit=unit,
        )


def read_exam(ref: ArtifactRef, settings: Settings) -> BoughtExam:
    """The exam behind a reference."""
    return BoughtExam.model_validate(artifacts(settings).read_json(ref))


async def _buy(
    tools: Bench, incumbent: str, challenger: str, held_out: Sequence[Example], policy: GatePolicy, night: Night
) -> list[BoughtPair]:
    log = stage_logger()
    version = version_of(challenger)
    batches = _batches(held_out, policy, version)

    def more(pairs: Sequence[Pair], batches_left: int) -> bool:
        return wants_more(pairs, policy, challenger=version, units_left=batches_left * policy.batch)

    return await buy_pairs(
        tools.evaluator,
        incumbent,
        challenger,
        batches,
        night=night.run_date.isoformat(),
        wants_more=more,
        on_batch=lambda pairs: log.info("  %d of up to %d held-out examples examined", len(pairs), len(held_out)),
    )


def _batches(held_out: Sequence[Example], policy: GatePolicy, challenger: str) -> list[list[Example]]:
    """Examples by units in the gate's own order, as many units a batch as the policy says."""
    by_unit: dict[str, list[Example]] = {}
    for example in held_out:
        unit = (example.user_id or example.session_id) if policy.unit == "user" else example.session_id
        by_unit.setdefault(unit, []).append(example)
    order = units_in_order(by_unit, challenger)[: policy.horizon]
    return [[e for unit in order[at : at + policy.batch] for e in by_unit[unit]] for at in range(0, len(order), policy.batch)]
