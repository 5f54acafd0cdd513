"""agentlightning's APO with nightschool's search in it.

What stays agentlightning's: trainer, store, runners, resources, the adapter from spans to messages, the critique and edit
prompts. What is ours: everything that can run side by side does, is woken by events, and one order of validation examples
serves all candidates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from agentlightning.algorithm.apo import APO
from agentlightning.types import PromptTemplate
from agentlightning.types import Rollout as LightningRollout

from nightschool.errors import NightschoolError
from nightschool.records import Example, Night, Rollout, SearchResult
from nightschool.training.edits.base import Experiment
from nightschool.training.lightning.agent import PROMPT, RolloutAgent
from nightschool.training.lightning.mirror import StoreMirror
from nightschool.training.lightning.store import PASSED_ON, EventStore
from nightschool.training.racing import Roll

LONGEST_BATCH_S = 24 * 3600.0
CRITICS_READ = "train"
"""The mode of the rollouts whose chats critics may read."""


class Way(Protocol):
    """A way to search: `BeamSearch`, `GepaSearch`."""

    async def run(self, seed_prompt: str, train: Sequence[Example], validation: Sequence[Example], roll: Roll) -> SearchResult:
        """Search from a seed prompt; `roll` runs a prompt on examples."""
        ...


class NightlyAPO(APO[Any]):
    """APO whose rounds are those of a search of ours.

    Args:
        way: the search.
        agent: whose finished rollouts are picked up.
        mirror: receives a copy of every rollout.
        night: whose rollouts they are, for runners of other processes.
    """

    def __init__(self, way: Way, agent: RolloutAgent, mirror: StoreMirror, night: Night | None = None) -> None:
        super().__init__(_no_client(), rollout_batch_timeout=LONGEST_BATCH_S)
        self._way = way
        self._agent = agent
        self._mirror = mirror
        self._about = {"night": night.model_dump(mode="json")} if night else None
        self.result: SearchResult | None = None
        self.error: NightschoolError | None = None

    async def run(self, train_dataset: Any = None, val_dataset: Any = None) -> None:
        """Search; the result, or what ended the search, is kept on the algorithm."""
        _, seed = self.get_seed_prompt_template()
        try:
            self.result = await self._way.run(seed.template, list(train_dataset), list(val_dataset), self._experiments)
        except NightschoolError as error:  # the trainer would log it as a crash; it is an answer
            self.error = error

    async def _experiments(self, prompt: str, examples: Sequence[Example], mode: str) -> list[Experiment]:
        """Roll a prompt out on examples through the store, and read back what its traces say."""
        store = self.get_store()
        version = self._create_versioned_prompt(PromptTemplate(template=prompt, engine="f-string"))
        resources = await store.update_resources(version.version, {PROMPT: version.prompt_template})
        ids = []
        for example in examples:
            asked = {"input": example.model_dump(mode="json"), "mode": mode, "resources_id": resources.resources_id}
            queued = await store.enqueue_rollout(**asked, config=PASSED_ON, metadata=self._about)
            ids.append(queued.rollout_id)
            await asyncio.sleep(0)  # candidates take turns in the queue, so that each keeps its slot of the server
        ended = await store.wait_for_rollouts(rollout_ids=ids, timeout=self.rollout_batch_timeout)
        if self._agent.stopped is not None:
            raise self._agent.stopped
        experiments = [await self._experiment(example, rollout) for example, rollout in zip(examples, ended, strict=True)]
        if isinstance(store, EventStore):  # a night has tens of thousands, and nobody looks at them again
            await store.forget(ended)
        return experiments

    async def _experiment(self, example: Example, rollout: LightningRollout) -> Experiment:
        """What is known of a rollout that has ended; its chat only where a critic may read it."""
        is_read = rollout.mode == CRITICS_READ
        spans = await self.get_store().query_spans(rollout.rollout_id) if is_read or self._mirror.is_open else []
        self._mirror.send(rollout, spans)
        messages = self.get_adapter().adapt(spans) if is_read else []
        finished = self._agent.finished.pop(rollout.rollout_id, None) or Rollout(
            example_id=example.example_id, prompt_version="", fault="infrastructure", error="the runner failed; see the log"
        )
        return Experiment(example=example, rollout=finished, messages=tuple(messages[-1]["messages"]) if messages else ())


def _no_client() -> Any:
    """APO's own client is never asked: critic and editor go through `nightschool.llm`."""
    return None
