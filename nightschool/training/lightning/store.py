"""agentlightning's in-memory store, with runners that are woken instead of polling."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agentlightning.store.memory import InMemoryLightningStore
from agentlightning.types import AttemptedRollout, Rollout

_QUEUED = ("queuing", "requeuing")


class EventStore(InMemoryLightningStore):
    """A store for one event loop; `next_rollout` waits for work without polling."""

    def __init__(self) -> None:
        super().__init__(thread_safe=False)
        self._work = asyncio.Event()

    async def _post_update_rollout(self, rollouts: Sequence[tuple[Rollout, Sequence[str]]], skip_enqueue: bool = False) -> None:
        await super()._post_update_rollout(rollouts, skip_enqueue=skip_enqueue)
        if any(rollout.status in _QUEUED for rollout, _ in rollouts):
            self._work.set()

    async def next_rollout(self, worker_id: str) -> AttemptedRollout:
        """The next rollout of the queue, as soon as there is one."""
        while True:
            self._work.clear()  # before looking, so that work which arrives meanwhile is not missed
            rollout = await self.dequeue_rollout(worker_id=worker_id)
            if rollout is not None:
                return rollout
            await self._work.wait()
