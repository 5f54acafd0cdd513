"""Before a win is believed: questions that make much of the traffic are asked again, several times in both arms."""

from __future__ import annotations

from collections.abc import Iterable

from nightschool.evaluation import ask_again, frequent_questions
from nightschool.gate import decide
from nightschool.grading import gradable
from nightschool.records import GatePolicy, GradingPolicy, Health, Night, Pair, Splits, version_of
from tasks.carry import Sitting
from tasks.logs import stage_logger
from tasks.workshop import Bench


async def with_questions(
    tools: Bench,
    prompts: tuple[str, str],
    pairs: Iterable[Pair],
    health: Health,
    splits: Splits,
    sitting: Sitting,
    policy: GatePolicy,
    grading: GradingPolicy,
    night: Night,
) -> Health:
    """The night's health with the frequent questions in it, where the pairs of all nights are a win; else as it was.

    After the deduplication such a question is one example, in whichever set; nothing but this guard would notice that it
    became worse. Its answers are no part of the bet, so asking only after a win makes no odds better.
    """
    rules = policy.guards
    if rules.slices == "off" or not rules.question_samples:
        return health
    settled = sitting.policy(policy)
    verdict = decide(pairs, settled, health, challenger=version_of(prompts[1]), nights=sitting.night, alpha=sitting.alpha)
    asked = [example for example in frequent_questions(splits, rules.question_share) if gradable(example, grading)]
    if verdict.decision not in ("promote", "hold") or not asked:
        return health
    stage_logger().info("  won; %d questions that make much of the traffic are asked again", len(asked))
    date, samples = night.run_date.isoformat(), rules.question_samples
    again = await ask_again(tools.evaluator, *prompts, asked, samples=samples, night=date)
    return health.model_copy(update={"asked_again": again})
