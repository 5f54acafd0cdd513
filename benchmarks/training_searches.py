"""One search each, on the same desk, and the way that it took: how many LLM calls until how good a prompt.

`ours` is the default configuration but for what a caller changes; `gepa` is the package's evolution behind our door;
`stock` is agentlightning's APO as it is, with its own settings (`stock_apo.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import stock_apo
from benchmarks.training_desk import MODEL, SEED_PROMPT, Sets, Tools, counts, held_out, simulator, tools_at
from nightschool.records import SearchPolicy, SearchResult

LIKE_STOCK = SearchPolicy(
    max_iterations=3,
    beam_width=4,
    branch_factor=4,
    gradient_batch_size=4,
    races=(),
    screen_size=0,
    edits=("critique",),
    n_runners=8,
)
"""The same in our words; a search like this ranks on all the examples that it is given."""


@dataclass
class Outcome:
    """How a search went. `way`: after how many calls the best prompt so far had which held-out reward."""

    reward: float = 0.0
    calls: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    rollouts: int = 0
    way: list[tuple[int, float]] = field(default_factory=list)

    def calls_to(self, reward: float) -> float:
        """Calls until the best prompt was as good as that, to a thousandth; infinity where it never was."""
        return next((calls for calls, reached in self.way if reached >= reward - 0.001), float("inf"))


def ours(seed: int, sets: Sets, policy: SearchPolicy = SearchPolicy(), *, latency_s: float = 0.0) -> Outcome:  # noqa: B008 - a frozen record
    """Our search."""
    from nightschool.training.beam import BeamSearch
    from nightschool.training.edits import edits_of

    class Watched(BeamSearch):
        note: Callable[[str], None]

        async def _race(self, *given: Any) -> Any:
            beam = await super()._race(*given)
            self.note(beam[0].text)
            return beam

    def make(tools: Tools, note: Callable[[str], None]) -> Any:
        way = Watched(policy, edits_of(policy, tools.llm), seed=seed)
        way.note = note
        return way

    return _searched(seed, sets, make, policy.n_runners, latency_s)


def gepa(seed: int, sets: Sets, policy: SearchPolicy, *, latency_s: float = 0.0) -> Outcome:
    """GEPA's search, in as many proposals as the policy says."""
    from nightschool.training.gepa import GepaSearch

    def make(tools: Tools, note: Callable[[str], None]) -> Any:
        class Watched(GepaSearch):
            async def _evaluated(self, *given: Any) -> Any:
                made = await super()._evaluated(*given)
                best = max(self._runners.values(), key=lambda runner: runner.mean or 0.0)
                note(best.text)
                return made

        return Watched(policy, tools.llm, seed=seed)

    return _searched(seed, sets, make, policy.n_runners, latency_s)


def _searched(seed: int, sets: Sets, make: Callable[..., Any], runners: int, latency_s: float) -> Outcome:
    async def run(url: str) -> Outcome:
        from nightschool.training.lightning.trainer import train_with_agentlightning

        outcome = Outcome()
        async with tools_at(url, runners=runners, seed=seed) as tools:
            way = make(tools, lambda text: outcome.way.append((counts(url)["total"], held_out(text))))
            started, cpu_s = time.perf_counter(), time.process_time()
            found: SearchResult = await train_with_agentlightning(
                way, SEED_PROMPT, sets.train, sets.validation, evaluator=tools.evaluator, n_runners=runners
            )
            outcome.wall_s, outcome.cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
        best = found.challenger.text if found.challenger else SEED_PROMPT
        outcome.reward, outcome.rollouts, outcome.calls = held_out(best), found.rollouts, counts(url)["total"]
        return outcome

    with simulator(latency_s=latency_s, seed=seed) as url:
        return asyncio.run(run(url))


def stock(seed: int, sets: Sets, *, latency_s: float = 0.0, polls: bool = False, **settings: int) -> Outcome:
    """Agentlightning's APO.

    Args:
        seed: of Python's global randomness, which is all that it draws from.
        sets: as for the others.
        latency_s: of each call.
        polls: whether it waits between batches as it does; where only its calls are counted it need not.
        settings: other than its defaults.
    """
    from openai import AsyncOpenAI

    async def run(url: str) -> Outcome:
        outcome = Outcome()
        async with tools_at(url, runners=8, seed=seed) as tools:
            started = time.perf_counter()
            best = await stock_apo.search(
                SEED_PROMPT,
                sets.train,
                sets.validation,
                evaluator=tools.evaluator,
                client=AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=2),
                model=MODEL,
                seed=seed,
                note=lambda text: outcome.way.append((counts(url)["total"], held_out(text))),
                polls=polls,
                **settings,
            )
            outcome.wall_s = time.perf_counter() - started
        outcome.reward, outcome.calls = held_out(best), counts(url)["total"]
        return outcome

    with simulator(latency_s=latency_s, seed=seed) as url:
        return asyncio.run(run(url))
