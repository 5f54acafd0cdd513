"""One search on agentlightning: trainer, store, runners, tracer, agent and algorithm put together."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence

from agentlightning.adapter.messages import TraceToMessages
from agentlightning.types import PromptTemplate

from nightschool import tracing
from nightschool.errors import LLMError
from nightschool.evaluation import Evaluator
from nightschool.records import Example, Night, SearchResult, TracingPolicy
from nightschool.training.lightning.agent import PROMPT, RolloutAgent
from nightschool.training.lightning.apo import CRITICS_READ, NightlyAPO, Way
from nightschool.training.lightning.mirror import StoreMirror
from nightschool.training.lightning.runner import EventRunner, OneLoop, OneLoopTrainer
from nightschool.training.lightning.sharing import shared
from nightschool.training.lightning.store import EventStore
from nightschool.training.lightning.tracer import RolloutTracer
from nightschool.training.sharing import Sharing


async def train_with_agentlightning(
    way: Way,
    seed_prompt: str,
    train: Sequence[Example],
    validation: Sequence[Example],
    *,
    evaluator: Evaluator,
    n_runners: int,
    store_url: str = "",
    night: Night | None = None,
    sharing: Sharing | None = None,
) -> SearchResult:
    """Run a search with `n_runners` rollouts side by side, in the running event loop.

    A Lightning Store at `store_url` receives a copy of every rollout with its spans. With `sharing`, runners of other
    processes do rollouts of this night too.

    Raises:
        NightschoolError: what ended the search.
    """
    tracing.set_up(TracingPolicy())
    mirror = StoreMirror(store_url)
    agent = RolloutAgent(evaluator)
    algorithm = NightlyAPO(way, agent, mirror, night)
    tracer, store = RolloutTracer(), EventStore()
    with _quiet():
        trainer = OneLoopTrainer(
            n_runners=n_runners,
            algorithm=algorithm,
            tracer=tracer,
            adapter=TraceToMessages(),
            store=store,
            runner=EventRunner(tracer, lambda mode: mode == CRITICS_READ or mirror.is_open),
            strategy=OneLoop(n_runners),
            initial_resources={PROMPT: PromptTemplate(template=seed_prompt, engine="f-string")},
        )
        try:
            async with shared(store, agent, evaluator, sharing):
                await trainer.fit_async(agent, train, validation)
        finally:
            await mirror.aclose()
    if algorithm.error is not None:
        raise algorithm.error
    if algorithm.result is None:
        raise LLMError("the search ended without a result", next_step="See the log for what agentlightning met.")
    return algorithm.result


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The package logs a line per rollout; only its warnings are news."""
    logger = logging.getLogger("agentlightning")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
