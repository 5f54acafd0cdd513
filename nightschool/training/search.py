"""The front door: one search, from a seed prompt and two sets of examples to a challenger."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nightschool.records import Example, Night, SearchPolicy, SearchResult
from nightschool.training.sharing import Sharing
from nightschool.training.strategies import Part, progressive

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
    refuse: Callable[[str], str] = lambda _: "",
    evaluator: Evaluator,
    llm: LLM,
    tell: Callable[[str], None] = lambda _: None,
    store_url: str = "",
    sharing: Sharing | None = None,
) -> SearchResult:
    """Search for a challenger with agentlightning's Trainer, Store and Runner, and with its APO or with GEPA.

    Args:
        seed_prompt: the incumbent's text, where the search starts.
        train: examples that critiques and demonstrations come from.
        validation: examples that candidates are ranked on, in one fixed order for all.
        night: gives the seed of all randomness.
        policy: iterations, beam, edits, races.
        locked: text that no candidate may lack.
        refuse: what else speaks against a candidate, in a few words; empty: nothing.
        evaluator: runs and grades rollouts.
        llm: critic and editor.
        tell: receives the lines of a live log.
        store_url: a Lightning Store that receives a copy of every rollout; empty: none.
        sharing: where runners of other processes may take rollouts; None: nowhere.

    Returns:
        The seed, every candidate with its validation mean, and the challenger (None where nothing beat the seed).

    Raises:
        LLMError: where too many rollouts stay unscored, or critic and editor can't be reached.
    """
    from nightschool.training.beam import BeamSearch
    from nightschool.training.edits import edits_of
    from nightschool.training.gepa import GepaSearch
    from nightschool.training.lightning.trainer import train_with_agentlightning

    async def one(part: Part) -> SearchResult:
        own = policy.model_copy(update={"max_iterations": part.iterations})
        more: dict[str, Any] = {"seed": night.seed + policy.seed, "locked": locked, "refuse": refuse, "tell": tell}
        more["found_before"] = part.found_before
        way = GepaSearch(own, llm, **more) if own.algorithm == "gepa" else BeamSearch(own, edits_of(own, llm), **more)
        sets = (part.train, part.validation)
        where: dict[str, Any] = {"store_url": store_url, "sharing": sharing, "night": night}
        return await train_with_agentlightning(way, seed_prompt, *sets, evaluator=evaluator, n_runners=policy.n_runners, **where)

    started = time.monotonic()
    whole = Part(train=train, validation=validation, iterations=policy.max_iterations)
    result = await (progressive(whole, one, tell) if policy.strategy == "progressive" else one(whole))
    return result.model_copy(update={"wall_s": time.monotonic() - started})
