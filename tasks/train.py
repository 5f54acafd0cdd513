"""Train: search for a challenger."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import load_splits, quoted_examples
from nightschool.grading import gradable
from nightschool.records import Example, GradingPolicy, NeighbourPolicy, Night, PromptPolicy, SearchPolicy, SearchResult
from nightschool.settings import Settings
from nightschool.training import is_near_copy, pool, search, sharing_at
from tasks.caching import stage
from tasks.logs import stage_logger
from tasks.progress import planned_rollouts, progress_bar
from tasks.workshop import artifacts, bench

MODULES = [
    f"nightschool.{room}"
    for room in ("training", "evaluation", "grading", "agent", "dataset", "llm", "stats", "tracing", "records")
]


@stage("train", MODULES, where=["settings"])
async def train(
    night: Night,
    seed_prompt: str,
    examples: ArtifactRef,
    policy: SearchPolicy,
    prompt: PromptPolicy,
    grading: GradingPolicy,
    models: tuple[str, ...],
    agent: str,
    retired: tuple[str, ...],
    neighbours: NeighbourPolicy,
    *,
    pooled: bool,
    settings: Settings,
) -> ArtifactRef:
    """Search from the incumbent; the `SearchResult` is a file that a person can open.

    On a small site train and validation are pooled. What quotes a held-out question, or had its test against this incumbent
    (`retired`, texts), gets no rollout.
    """
    store = artifacts(settings)
    splits = load_splits(store, examples)
    refuse = _refusal(seed_prompt, retired, splits.held_out, neighbours)
    if pooled:
        splits = pool(splits, policy)
    learned, ranked = _gradable(splits.train, grading), _gradable(splits.validation, grading)
    planned = planned_rollouts(policy, len(learned), len(ranked))
    async with bench(settings, night, "search") as tools, progress_bar(night, planned, lambda: tools.evaluator.finished):
        result = await search(
            seed_prompt,
            learned,
            ranked,
            night=night,
            policy=policy,
            locked=prompt.locked,
            refuse=refuse,
            evaluator=tools.evaluator,
            llm=tools.llm,
            tell=stage_logger().info,
            store_url=settings.store_url,
            sharing=sharing_at(settings.operations.share_rollouts_at, settings.runners_token.get_secret_value()),
        )
    return store.write_json("search", result.model_dump(mode="json"))


def read_search(store_ref: ArtifactRef, settings: Settings) -> SearchResult:
    """The search behind a reference."""
    return SearchResult.model_validate(artifacts(settings).read_json(store_ref))


def _refusal(
    served: str, retired: Sequence[str], held_out: Sequence[Example], neighbours: NeighbourPolicy
) -> Callable[[str], str]:
    """Says of a proposed prompt whether it was tested before, or says a question of the exam.

    Questions in other words are looked for once, in the challenger: that takes longer.
    """

    def refuse(text: str) -> str:
        if any(is_near_copy(text, old) for old in retired):
            return "tested before"
        quoted = quoted_examples(text, held_out, neighbours, besides=served, in_other_words=False)
        return "quotes the exam" if quoted else ""

    return refuse


def _gradable(examples: tuple[Example, ...], grading: GradingPolicy) -> list[Example]:
    return [example for example in examples if gradable(example, grading)]
