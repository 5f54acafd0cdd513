"""Runners in a process of their own, on this machine or another: they take rollouts of whatever night shares its search."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
from agentlightning.store.client_server import LightningStoreClient
from agentlightning.types import Attempt, AttemptedRollout, NamedResources, ResourcesUpdate

from nightschool import tracing
from nightschool.errors import ConfigError
from nightschool.evaluation import Evaluator
from nightschool.records import Night, TracingPolicy
from nightschool.training.lightning.agent import RolloutAgent
from nightschool.training.lightning.apo import CRITICS_READ
from nightschool.training.lightning.runner import EventRunner
from nightschool.training.lightning.sharing import Report
from nightschool.training.lightning.tracer import RolloutTracer

POLL_S = 0.1
"""Seconds between looks where there is nothing to do."""
AWAY_S = 2.0
"""Seconds between looks where no night shares its search."""
BEAT_S = 4.0
AHEAD = 2
"""Rollouts that are fetched before a runner is free, so that none waits for the network; the evaluator lets `n_runners` run."""
AWAY = (aiohttp.ClientError, OSError, TimeoutError)

logger = logging.getLogger(__name__)

Workshop = Callable[[Night], AbstractAsyncContextManager[Evaluator]]
"""Opens what runs and grades rollouts of a night."""


class RunnersClient(LightningStoreClient):
    """The night's store over HTTP: a prompt is fetched once, and a report goes with the end of its rollout.

    Args:
        url: where the night shares its search.
        token: what it asks for.
    """

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, retry_delays=(1.0,), health_retry_delays=())
        self._token = token
        self._prompts: dict[str, ResourcesUpdate | None] = {}
        self.reports: dict[str, Report] = {}
        """By attempt."""

    async def take(self, limit: int, process: str) -> list[AttemptedRollout]:
        """Up to `limit` rollouts. Unlike the package's own call it says where nobody answers."""
        asked = {"limit": limit, "worker_id": process}
        session = await self._get_session()
        async with session.post(f"{self.server_address}/queues/rollouts/dequeue", json=asked) as answer:
            answer.raise_for_status()
            return [AttemptedRollout.model_validate(one) for one in await answer.json()]

    async def get_resources_by_id(self, resources_id: str) -> ResourcesUpdate | None:
        """A prompt."""
        if resources_id not in self._prompts:
            self._prompts[resources_id] = await super().get_resources_by_id(resources_id)
        return self._prompts[resources_id]

    async def update_attempt(self, rollout_id: str, attempt_id: str, *_: Any, **said: Any) -> Attempt:
        """Tell how a rollout ended, with its report, whatever became of its spans; what has none was broken off: given back."""
        if (report := self.reports.pop(attempt_id, None)) is not None:
            said |= {"metadata": report.model_dump(mode="json"), "status": "succeeded" if report.rollout else "failed"}
        elif said.get("status") == "succeeded":
            said["status"] = "unresponsive"
        return await super().update_attempt(rollout_id, attempt_id, **said)

    async def _get_session(self) -> aiohttp.ClientSession:
        session: aiohttp.ClientSession = await super()._get_session()
        if self._token:
            session.headers["Authorization"] = f"Bearer {self._token}"
        return session


class ReportingAgent(RolloutAgent):
    """Runs and grades rollouts of one night, and leaves a report of each.

    Args:
        evaluator: of the night, with a purse without limit: the night itself holds places in its budget.
        reports: where the reports go, by attempt.
    """

    def __init__(self, evaluator: Evaluator, reports: dict[str, Report]) -> None:
        super().__init__(evaluator)
        self._meter = evaluator.meter
        self._told = self._meter.spent
        self._reports = reports

    async def rollout_async(self, task: dict[str, Any], resources: NamedResources, rollout: Any) -> float | None:
        """One rollout; see `RolloutAgent.rollout_async`."""
        reward = await super().rollout_async(task, resources, rollout)
        spent, self._told = self._meter.spent.since(self._told), self._meter.spent
        done = self.finished.pop(rollout.rollout_id, None)
        self._reports[rollout.attempt.attempt_id] = Report(rollout=done, error=str(self.stopped or ""), spent=spent)
        return reward


def _runner(evaluator: Evaluator, client: RunnersClient) -> EventRunner:
    runner = EventRunner(RolloutTracer(), lambda mode: mode == CRITICS_READ)
    runner.init(agent=ReportingAgent(evaluator, client.reports))
    runner.init_worker(0, client)
    return runner


class AttachedRunners:
    """`n_runners` rollouts side by side, of one night after the other.

    Args:
        url: where nights share their searches.
        token: what they ask for.
        open_night: opens what runs and grades rollouts of a night.
        n_runners: rollouts at the same time.
    """

    def __init__(self, url: str, token: str, open_night: Workshop, *, n_runners: int) -> None:
        self._client = RunnersClient(url, token)
        self._url = url
        self._open_night = open_night
        self._room = n_runners + AHEAD
        self._name = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(2)}"
        self._under_way: dict[asyncio.Task[None], str] = {}
        """Attempts, by the task that does them."""
        self._runner: EventRunner | None = None
        self._night: Night | None = None
        self._told = ""
        self._night_open = contextlib.AsyncExitStack()

    async def run(self) -> None:
        """Until cancelled; what is under way then is given back.

        Raises:
            ConfigError: where the night has another agent, other settings or another journal than this process.
        """
        tracing.set_up(TracingPolicy())
        beating = asyncio.create_task(self._beat())
        try:
            async with self._closing():
                while True:
                    await self._take(await self._ask())
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _ask(self) -> list[AttemptedRollout]:
        """As many rollouts as there is room for, as soon as there is one."""
        while len(self._under_way) >= self._room:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)  # what has ended takes itself away
        free = self._room - len(self._under_way)
        try:
            found = await self._client.take(free, self._name)
        except AWAY as error:
            self._tell_once(f"{self._url}: {error}" if isinstance(error, aiohttp.ClientResponseError) else "")
            await asyncio.sleep(AWAY_S)
            return []
        if not found:
            await asyncio.sleep(POLL_S)
        return found

    async def _take(self, rollouts: list[AttemptedRollout]) -> None:
        for rollout in rollouts:
            night = Night.model_validate((rollout.metadata or {})["night"])
            if self._runner is None or night != self._night:
                await self._open(night, rollouts)
            assert self._runner is not None, "it was opened just now"
            task = asyncio.create_task(self._runner.one(rollout))
            self._under_way[task] = rollout.attempt.attempt_id
            task.add_done_callback(self._under_way.pop)

    async def _open(self, night: Night, rollouts: list[AttemptedRollout]) -> None:
        """Get ready for another night; where that is not ours to do, its rollouts are given back."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._night_open.aclose()
        evaluator = await self._night_open.enter_async_context(self._open_night(night))
        if not evaluator.agrees():
            for rollout in rollouts:
                await self._client.update_attempt(rollout.rollout_id, rollout.attempt.attempt_id, status="unresponsive")
            raise ConfigError(
                f"The night {night.key} at {self._url} has another agent, other settings or another journal than we.",
                next_step="Give both the same nightschool.toml, code and journal_url (PostgreSQL for other machines).",
            )
        self._runner, self._night = _runner(evaluator, self._client), night
        logger.info("Rollouts of the night %s are done here.", night.key)

    def _tell_once(self, trouble: str) -> None:
        if trouble and trouble != self._told:
            logger.warning("No rollouts are given to this process: %s", trouble)
        self._told = trouble

    async def _beat(self) -> None:
        """Signs of life; where nobody hears them there is no night to tell."""
        while True:
            with contextlib.suppress(*AWAY):
                await self._client.update_worker(self._name, {"attempts": list(self._under_way.values())})
            await asyncio.sleep(BEAT_S)

    @contextlib.asynccontextmanager
    async def _closing(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            under_way = list(self._under_way)
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            await self._night_open.aclose()
            await self._client.close()
