"""Train: search for a challenger."""

from __future__ import annotations

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import load_splits
from nightschool.grading import gradable
from nightschool.records import Example, GradingPolicy, Night, PromptPolicy, SearchPolicy, SearchResult
from nightschool.settings import Settings
from nightschool.training import pool, search
from tasks.caching import stage
from tasks.logs import stage_logger
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
    *,
    pooled: bool,
    settings: Settings,
) -> ArtifactRef:
    """Search from the incumbent; the `SearchResult` is a file that a person can open.

    On a small site train and validation are pooled.
    """
    store = artifacts(settings)
    splits = load_splits(store, examples)
    if pooled:
        splits = pool(splits, policy)
    async with bench(settings, night, "search") as tools:
        result = await search(
            seed_prompt,
            _gradable(splits.train, grading),
            _gradable(splits.validation, grading),
            night=night,
            policy=policy,
            locked=prompt.locked,
            evaluator=tools.evaluator,
            llm=tools.llm,
            tell=stage_logger().info,
            store_url=settings.store_url,
        )
    return store.write_json("search", result.model_dump(mode="json"))


def read_search(store_ref: ArtifactRef, settings: Settings) -> SearchResult:
    """The search behind a reference."""
    return SearchResult.model_validate(artifacts(settings).read_json(store_ref))


def _gradable(examples: tuple[Example, ...], grading: GradingPolicy) -> list[Example]:
    return [example for example in examples if gradable(example, grading)]
