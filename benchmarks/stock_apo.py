"""agentlightning's APO as it is, on our runners and store.

It is helped where it can't help itself: it is shown what the agent said (no tracer of its own shows it, with this Agno), and
its POML files are rendered without Node.js, with the same result. What it pays for twice stays paid for twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from nightschool.evaluation import Evaluator
from nightschool.llm import Journal
from nightschool.records import Example

if TYPE_CHECKING:
    from openai import AsyncOpenAI

STOCK = {"beam_width": 4, "branch_factor": 4, "beam_rounds": 3, "gradient_batch_size": 4, "val_batch_size": 16}
"""agentlightning 0.3.0's defaults."""


async def search(
    seed_prompt: str,
    train: Sequence[Example],
    validation: Sequence[Example],
    *,
    evaluator: Evaluator,
    client: AsyncOpenAI,
    model: str,
    seed: int,
    note: Callable[[str], None],
    polls: bool = False,
    **settings: int,
) -> str:
    """Its best prompt.

    Args:
        seed_prompt: where it starts.
        train: what it draws its batches for gradients from.
        validation: what it draws its batches for ranking from.
        evaluator: runs and grades the agent. Nothing of its journal is used: stock APO has none.
        client: of the OpenAI-compatible API of critic and editor; closed at the end.
        model: that plays both.
        seed: of Python's global randomness, which is all that it draws from.
        note: told the best prompt so far after each round.
        polls: whether it waits between batches as it does; where only its calls are counted it need not.
        settings: other than its defaults.
    """
    from nightschool import tracing  # before agentlightning, which it makes light
    from nightschool.records import TracingPolicy
    from nightschool.training.lightning.agent import PROMPT, RolloutAgent
    from nightschool.training.lightning.runner import EventRunner, OneLoop, OneLoopTrainer
    from nightschool.training.lightning.tracer import RolloutTracer
    from agentlightning.adapter.messages import TraceToMessages  # isort: skip
    from agentlightning.algorithm.apo import APO, apo as module  # isort: skip
    from agentlightning.types import PromptTemplate  # isort: skip

    class Watched(APO[Any]):
        async def _update_best_prompt(self, *given: Any, **named: Any) -> Any:
            made = await super()._update_best_prompt(*given, **named)
            note(self.get_best_prompt().template)
            return made

    random.seed(seed)
    tracing.set_up(TracingPolicy())
    logging.getLogger("agentlightning").setLevel(logging.ERROR)
    algorithm = Watched(client, gradient_model=model, apply_edit_model=model, **{**STOCK, **settings})
    tracer = RolloutTracer()
    trainer = OneLoopTrainer(
        n_runners=8,
        algorithm=algorithm,
        tracer=tracer,
        adapter=TraceToMessages(),
        store=_store(polls=polls),
        runner=EventRunner(tracer),
        strategy=OneLoop(8),
        initial_resources={PROMPT: PromptTemplate(template=seed_prompt, engine="f-string")},
    )
    with patch.object(module.poml, "poml", _rendered), patch.object(Journal, "find", lambda self, key: None):
        await trainer.fit_async(RolloutAgent(evaluator), _as_tasks(train), _as_tasks(validation))
    await client.close()
    return str(algorithm.get_best_prompt().template)


def _store(*, polls: bool) -> Any:
    from nightschool.training.lightning.store import EventStore

    class Polled(EventStore):
        async def wait_for_rollouts(self, *, rollout_ids: list[str], timeout: float | None = None) -> list[Any]:  # noqa: ASYNC109
            await asyncio.sleep(0)
            return [end.result() for end in map(self._end_of, rollout_ids) if end.done()]

    class Patient(EventStore):
        async def wait_for_rollouts(self, *, rollout_ids: list[str], timeout: float | None = None) -> list[Any]:  # noqa: ASYNC109
            return await super().wait_for_rollouts(rollout_ids=rollout_ids)

    return Polled() if polls else Patient()


def _rendered(template: Any, context: dict[str, Any], **_: Any) -> dict[str, Any]:
    from nightschool.training.lightning.templates import render

    return {"messages": render(template, context)}


def _as_tasks(examples: Sequence[Example]) -> list[dict[str, Any]]:
    return [example.model_dump(mode="json") for example in examples]
