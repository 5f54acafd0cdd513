"""agentlightning's in-memory store, with runners and waiters that are woken instead of polling or holding threads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agentlightning.store.memory import InMemoryLightningStore
from agentlightning.types import AttemptedRollout, Rollout, RolloutConfig

_QUEUED = ("queuing", "requeuing")
_ENDED = ("succeeded", "failed", "cancelled")
PASSED_ON = RolloutConfig(max_attempts=8, retry_condition=["unresponsive"])
"""How often a rollout is handed out again whose runner fell silent or gave it back."""


class EventStore(InMemoryLightningStore):
    """A store for one event loop. Stock's waits hold a thread each, and soon all that the loop has: then nothing runs."""

    def __init__(self) -> None:
        super().__init__(thread_safe=False)
        self._work: asyncio.Queue[str] = asyncio.Queue()
        self._ends: dict[str, asyncio.Future[Rollout]] = {}

    async def next_rollout(self, worker_id: str) -> AttemptedRollout:
        """The next rollout of the queue, as soon as there is one."""
        while True:
            await self._work.get()  # one runner is woken for each rollout: a look into the store costs a millisecond
            rollout = await self.dequeue_rollout(worker_id=worker_id)
            if rollout is not None:
                return rollout

    async def wait_for_rollouts(self, *, rollout_ids: list[str], timeout: float | None = None) -> list[Rollout]:  # noqa: ASYNC109 - the store's interface
        """Those of the rollouts that end within the time, in the order of their ids; they may be asked for again."""
        ends = [self._end_of(rollout_id) for rollout_id in rollout_ids]
        await asyncio.wait(ends, timeout=timeout)
        return [end.result() for end in ends if end.done()]

    async def forget(self, rollouts: Sequence[Rollout]) -> None:
        """Let go of rollouts that have ended: what was wanted of them was read."""
        async with self.collections.atomic(mode="rw", snapshot=False, labels=["rollouts", "attempts", "spans"]) as collections:
            for rollout in rollouts:
                attempts = await collections.attempts.query(filter={"rollout_id": {"exact": rollout.rollout_id}})
                await collections.attempts.delete(list(attempts))
                await collections.evict_spans_for_rollout(rollout.rollout_id)
            await collections.rollouts.delete(rollouts)
        for rollout in rollouts:
            for known in (self._ends, self._completion_events, self._start_time_by_rollout, self._span_bytes_by_rollout):
                known.pop(rollout.rollout_id, None)

    async def _post_update_rollout(self, rollouts: Sequence[tuple[Rollout, Sequence[str]]], skip_enqueue: bool = False) -> None:
        await super()._post_update_rollout(rollouts, skip_enqueue=skip_enqueue)
        for rollout, _ in rollouts:
            if rollout.status in _QUEUED:
                self._end_of(rollout.rollout_id)
                self._work.put_nowait(rollout.rollout_id)
            elif rollout.status in _ENDED and not (end := self._end_of(rollout.rollout_id)).done():
                end.set_result(rollout)

    def _end_of(self, rollout_id: str) -> asyncio.Future[Rollout]:
        if rollout_id not in self._ends:
            self._ends[rollout_id] = asyncio.get_running_loop().create_future()
        return self._ends[rollout_id]
