"""Runners and algorithm as tasks of one event loop: no threads, no forks, no polling; works inside a Prefect task."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import Any

from agentlightning import Trainer
from agentlightning.execution.base import AlgorithmBundle, ExecutionStrategy, RunnerBundle
from agentlightning.execution.events import ExecutionEvent, ThreadingEvent
from agentlightning.litagent import LitAgent
from agentlightning.runner import LitAgentRunner
from agentlightning.store.base import LightningStore
from agentlightning.tracer.base import Tracer
from agentlightning.types import AttemptedRollout

from nightschool.training.lightning.store import EventStore
from nightschool.training.lightning.tracer import nobody_reads


class EventRunner(LitAgentRunner[Any]):
    """A runner that is woken by its store; several of them share one loop.

    Args:
        tracer: of its rollouts.
        is_read: whether anybody reads the traces of a mode's rollouts.
    """

    def __init__(self, tracer: Tracer, is_read: Callable[[str], bool] = lambda mode: True) -> None:
        super().__init__(tracer, heartbeat_interval=0)
        self._is_read = is_read

    async def iter(self, *, event: ExecutionEvent | None = None) -> None:
        """Work until cancelled, or until the event is set."""
        store = self.get_store()
        if not isinstance(store, EventStore):
            raise TypeError(f"an EventRunner needs an EventStore, found {type(store).__name__}")
        while not (event is not None and event.is_set()):
            await self.one(await store.next_rollout(self.get_worker_id()))

    async def one(self, rollout: AttemptedRollout) -> None:
        """One rollout, with its spans and its end in the store."""
        nobody_reads.set(not self._is_read(rollout.mode or ""))
        await self._step_impl(rollout)


class OneLoop(ExecutionStrategy):
    """The algorithm and `n_runners` runners side by side in the running loop; ends when the algorithm does."""

    alias = "one_loop"

    def __init__(self, n_runners: int) -> None:
        self.n_runners = n_runners

    def execute(self, algorithm: AlgorithmBundle, runner: RunnerBundle, store: LightningStore) -> None:
        """The blocking form that `Trainer.fit` calls."""
        asyncio.run(self.execute_async(algorithm, runner, store))

    async def execute_async(self, algorithm: AlgorithmBundle, runner: RunnerBundle, store: LightningStore) -> None:
        """Run until the algorithm ends; an error of a runner ends the algorithm too, and is raised."""
        stop = ThreadingEvent()
        searching = asyncio.create_task(algorithm(store, stop))
        runners = [asyncio.create_task(runner(store, number, stop)) for number in range(self.n_runners)]
        try:
            await asyncio.wait({searching, *runners}, return_when=asyncio.FIRST_COMPLETED)
            if not searching.done():
                _raise_the_error_of(runners)
            searching.result()
        finally:
            stop.set()
            await _end([searching, *runners])


class OneLoopTrainer(Trainer):
    """agentlightning's Trainer, awaited in the running loop; each runner is an object of its own."""

    async def fit_async(self, agent: LitAgent[Any], train_dataset: Any, val_dataset: Any) -> None:
        """What `Trainer.fit` does, without a loop of its own."""
        if not isinstance(self.strategy, OneLoop):
            raise TypeError("fit_async needs the OneLoop strategy")
        agent.set_trainer(self)

        async def algorithm(store: LightningStore, event: ExecutionEvent) -> None:
            await self._algorithm_bundle(
                store, event, train_dataset=train_dataset, val_dataset=val_dataset, algorithm=self.algorithm
            )

        async def runner(store: LightningStore, worker_id: int, event: ExecutionEvent) -> None:
            await self._runner_bundle(store, worker_id, event, agent)

        await self.strategy.execute_async(algorithm, runner, self.store)

    async def _runner_bundle(self, store: LightningStore, worker_id: int, event: ExecutionEvent, agent: LitAgent[Any]) -> None:
        runner = copy.copy(self.runner)  # stock shares one runner object, and so one worker id, among all
        runner.init(agent=agent, hooks=self.hooks)
        runner.init_worker(worker_id, store)
        try:
            await runner.iter(event=event)
        finally:
            runner.teardown_worker(worker_id)
            runner.teardown()


def _raise_the_error_of(runners: list[asyncio.Task[None]]) -> None:
    for runner in runners:
        if runner.done():
            runner.result()
    raise RuntimeError("a runner ended before the search did")


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
