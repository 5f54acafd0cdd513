"""The front door: one search, from a seed prompt and two sets of examples to a challenger."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nightschool.records import Example, Night, SearchPolicy, SearchResult

if TYPE_CHECKING:
    from nightschool.evaluation import Evaluator
    from nightschool.llm import LLM


async def search(
    seed_prompt: str,
    train: Sequence[Example],
    validation: Sequence[Example],
    *,
    night: Night,
    policy: SearchPolicy,
    locked: str = "",
    evaluator: Evaluator,
    llm: LLM,
    tell: Callable[[str], None] = lambda _: None,
    store_url: str = "",
) -> SearchResult:
    """Search for a challenger with agentlightning's Trainer, Store, Runner and APO.

    Args:
        seed_prompt: the incumbent's text, where the search starts.
        train: examples that critiques and demonstrations come from.
        validation: examples that candidates are ranked on, in one fixed order for all.
        night: gives the seed of all randomness.
        policy: iterations, beam, edits, races.
        locked: text that no candidate may lack.
        evaluator: runs and grades rollouts.
        llm: critic and editor.
        tell: receives the lines of a live log.
        store_url: a Lightning Store that receives a copy of every rollout; empty: none.

    Returns:
        The seed, every candidate with its validation mean, and the challenger (None where nothing beat the seed).

    Raises:
        LLMError: where too many rollouts stay unscored, or critic and editor can't be reached.
    """
    from nightschool.training.beam import BeamSearch
    from nightschool.training.edits import edits_of
    from nightschool.training.lightning.trainer import train_with_agentlightning

    started = time.monotonic()
    beam = BeamSearch(policy, edits_of(policy, llm), seed=night.seed + policy.seed, locked=locked, tell=tell)
    result = await train_with_agentlightning(
        beam, seed_prompt, train, validation, evaluator=evaluator, n_runners=policy.n_runners, store_url=store_url
    )
    return result.model_copy(update={"wall_s": time.monotonic() - started})
