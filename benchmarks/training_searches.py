"""One search each, on the same desk, and the way that it took: how many LLM calls until how good a prompt.

`ours` is the default configuration but for what a caller changes; `gepa` is the package's evolution behind our door;
`stock` is agentlightning's APO as it is, with its own settings. Stock is helped where it can't help itself: it runs on our
runners and store, it is shown what the agent said (no tracer of its own shows it, with this Agno), and its POML files are
rendered without Node.js, with the same result. What it pays for twice stays paid for twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from benchmarks.training_desk import SEED_PROMPT, Sets, Tools, counts, held_out, simulator, tools_at
from nightschool.llm import Journal
from nightschool.records import SearchPolicy, SearchResult

STOCK = {"beam_width": 4, "branch_factor": 4, "beam_rounds": 3, "gradient_batch_size": 4, "val_batch_size": 16}
"""agentlightning 0.3.0's defaults."""
LIKE_STOCK = SearchPolicy(
    max_iterations=3, beam_width=4, branch_factor=4, gradient_batch_size=4, races=(), edits=("critique",), n_runners=8
)
"""The same in our words; a search like this ranks on all the examples that it is given."""


@dataclass
class Outcome:
    """How a search went. `way`: after how many calls the best prompt so far had which held-out reward."""

    reward: float = 0.0
    calls: int = 0
    wall_s: float = 0.0
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
            started = time.perf_counter()
            found: SearchResult = await train_with_agentlightning(
                way, SEED_PROMPT, sets.train, sets.validation, evaluator=tools.evaluator, n_runners=runners
            )
            outcome.wall_s = time.perf_counter() - started
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

    async def run(url: str) -> Outcome:
        outcome = Outcome()
        with patch.object(Journal, "find", lambda self, key: None):  # it has none
            async with tools_at(url, runners=8, seed=seed) as tools:
                started = time.perf_counter()
                best = await _stock(url, seed, sets, tools, {**STOCK, **settings}, outcome, polls=polls)
                outcome.wall_s = time.perf_counter() - started
        outcome.reward, outcome.calls = held_out(best), counts(url)["total"]
        return outcome

    with simulator(latency_s=latency_s, seed=seed) as url:
        return asyncio.run(run(url))


async def _stock(
    url: str, seed: int, sets: Sets, tools: Tools, settings: dict[str, int], outcome: Outcome, *, polls: bool
) -> str:
    from nightschool import tracing  # before agentlightning, which it makes light
    from nightschool.records import TracingPolicy
    from nightschool.training.lightning.agent import PROMPT, RolloutAgent
    from nightschool.training.lightning.runner import EventRunner, OneLoop, OneLoopTrainer
    from nightschool.training.lightning.store import EventStore
    from nightschool.training.lightning.templates import render
    from nightschool.training.lightning.tracer import RolloutTracer
    from agentlightning.adapter.messages import TraceToMessages  # isort: skip
    from agentlightning.algorithm.apo import APO, apo as module  # isort: skip
    from agentlightning.types import PromptTemplate  # isort: skip
    from openai import AsyncOpenAI

    class Watched(APO[Any]):
        async def _update_best_prompt(self, *given: Any, **named: Any) -> Any:
            made = await super()._update_best_prompt(*given, **named)
            outcome.way.append((counts(url)["total"], held_out(self.get_best_prompt().template)))
            return made

    class Store(EventStore):
        async def wait_for_rollouts(self, *, rollout_ids: list[str], timeout: float | None = None) -> list[Any]:  # noqa: ASYNC109
            if not polls:
                return await super().wait_for_rollouts(rollout_ids=rollout_ids)
            await asyncio.sleep(0)
            return [end.result() for end in map(self._end_of, rollout_ids) if end.done()]

    random.seed(seed)
    tracing.set_up(TracingPolicy())
    logging.getLogger("agentlightning").setLevel(logging.ERROR)
    client = AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=2)
    algorithm = Watched(client, gradient_model="simulated-1", apply_edit_model="simulated-1", **settings)
    tracer = RolloutTracer()
    trainer = OneLoopTrainer(
        n_runners=8,
        algorithm=algorithm,
        tracer=tracer,
        adapter=TraceToMessages(),
        store=Store(),
        runner=EventRunner(tracer),
        strategy=OneLoop(8),
        initial_resources={PROMPT: PromptTemplate(template=SEED_PROMPT, engine="f-string")},
    )

    def rendered(template: Any, context: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"messages": render(template, context)}

    with patch.object(module.poml, "poml", rendered):
        await trainer.fit_async(RolloutAgent(tools.evaluator), _as_tasks(sets.train), _as_tasks(sets.validation))
    await client.close()
    return str(algorithm.get_best_prompt().template)


def _as_tasks(examples: Sequence[Any]) -> list[dict[str, Any]]:
    return [example.model_dump(mode="json") for example in examples]
