"""The search's store, shared with runners of other processes and machines over HTTP.

A rollout is handed to one process at a time, with a place in the night's budget. It counts when the first report of the
process that has it arrives. From a process that falls silent, or gives a rollout back, it goes to the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NamedTuple

from agentlightning.store.client_server import LightningStoreServer
from agentlightning.types import Attempt, AttemptedRollout, Span, Worker
from agentlightning.utils.server_launcher import PythonServerLauncherArgs

from nightschool.errors import BudgetExhausted
from nightschool.evaluation import Evaluator
from nightschool.llm import Spent
from nightschool.records import Record, Rollout
from nightschool.training.lightning.agent import RolloutAgent
from nightschool.training.lightning.listening import Application, listening
from nightschool.training.lightning.store import EventStore
from nightschool.training.sharing import Sharing

LOST_S = 20.0
"""A process of which nothing was heard for so long is taken for dead."""
LOOK_S = 1.0

logger = logging.getLogger(__name__)


class Report(Record):
    """What another process says of a rollout that it has done, and what it has spent since its last report."""

    rollout: Rollout | None = None
    error: str = ""
    spent: Spent = Spent()


class Held(NamedTuple):
    """A rollout that another process has."""

    rollout_id: str
    process: str
    place: contextlib.ExitStack
    """In the budget."""
    since: float


class SharedStore(LightningStoreServer):
    """The store as others see it. Belongs to the search's event loop, like the store itself.

    Args:
        store: the search's.
        agent: gets the rollouts that others have done.
        evaluator: the search's, whose meter the others' spending is added to.
    """

    def __init__(self, store: EventStore, agent: RolloutAgent, evaluator: Evaluator) -> None:
        # The package's own launcher is not used: it would take the signals.
        super().__init__(store, launcher_args=PythonServerLauncherArgs(port=1, host="127.0.0.1", access_host="127.0.0.1"))
        self._agent = agent
        self._evaluator = evaluator
        self._out: dict[str, Held] = {}
        """By attempt."""
        self._heard: dict[str, float] = {}
        self._unfit: set[str] = set()
        self._largest = Spent()
        self.done_by: dict[str, int] = {}
        """Rollouts by the process that has done them."""

    async def dequeue_many_rollouts(self, *, limit: int = 1, worker_id: str | None = None) -> Sequence[AttemptedRollout]:
        """Up to `limit` rollouts, as far as the budget goes; none where it is used up, which the search's own runners meet."""
        process = worker_id or ""
        self._hear(process)
        found: list[AttemptedRollout] = []
        while len(found) < limit and process not in self._unfit:
            place = self._place()
            rollout = await self.store.dequeue_rollout(process) if place else None
            if place is None or rollout is None:
                if place:
                    place.close()
                break
            self._out[rollout.attempt.attempt_id] = Held(rollout.rollout_id, process, place, time.monotonic())
            found.append(rollout)
        return found

    async def dequeue_rollout(self, worker_id: str | None = None) -> AttemptedRollout | None:
        """One rollout; see `dequeue_many_rollouts`."""
        return next(iter(await self.dequeue_many_rollouts(worker_id=worker_id)), None)

    async def update_worker(self, worker_id: str, heartbeat_stats: Any = None) -> Worker:
        """A sign of life, with the attempts that the process knows of: others never reached it."""
        self._hear(worker_id)
        known = (heartbeat_stats or {}).get("attempts", ())
        await self._pass_on(
            lambda attempt_id, held: held.process == worker_id and attempt_id not in known and _is_old(held.since)
        )
        return Worker(worker_id=worker_id)

    async def update_attempt(self, rollout_id: str, attempt_id: str, *_: Any, **said: Any) -> Attempt:
        """A report, or a rollout that is given back. Of one that was passed on meanwhile nothing counts."""
        given = said.get("metadata")
        report = Report.model_validate(given) if isinstance(given, dict) else None
        held = self._out.pop(attempt_id, None)
        if held is None:
            return Attempt(rollout_id=rollout_id, attempt_id=attempt_id, sequence_id=1, start_time=0.0, status="unresponsive")
        held.place.close()
        self._hear(held.process)
        status = self._take(rollout_id, held.process, report) if report else said["status"]
        return await self.store.update_attempt(rollout_id, attempt_id, status=status)

    async def add_span(self, span: Span) -> Span | None:
        """A span from another process; None where its rollout was read and forgotten meanwhile: spans come after the reward."""
        known = await self.store.get_rollout_by_id(span.rollout_id)
        return await self.store.add_span(span) if known else None

    async def pass_on_what_is_lost(self) -> None:
        """For ever: hand out again what silent processes have."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self._pass_on(lambda _attempt, held: _is_old(self._heard.get(held.process, 0.0)))

    async def _pass_on(self, is_lost: Callable[[str, Held], bool]) -> None:
        for attempt_id, held in list(self._out.items()):
            if is_lost(attempt_id, held):
                logger.warning("The runners of %s lost a rollout; it is handed out again.", held.process)
                held.place.close()
                del self._out[attempt_id]
                await self.store.update_attempt(held.rollout_id, attempt_id, status="unresponsive")

    def _take(self, rollout_id: str, process: str, report: Report) -> str:
        self._evaluator.meter.add(report.spent)
        self._largest = Spent(
            calls={"agent": max(self._largest.total_calls, report.spent.total_calls)},
            tokens=max(self._largest.tokens, report.spent.tokens),
            cost_usd=max(self._largest.cost_usd, report.spent.cost_usd),
        )
        if report.rollout is None:
            self._unfit.add(process)
            logger.warning("The runners of %s are given nothing more: %s", process, report.error)
            return "unresponsive"
        self._agent.finished[rollout_id] = report.rollout
        self._evaluator.finished += 1
        self.done_by[process] = self.done_by.get(process, 0) + 1
        return "succeeded"

    def _place(self) -> contextlib.ExitStack | None:
        """A place in the budget, as large as the largest report so far; None where there is none."""
        place, largest = contextlib.ExitStack(), self._largest
        try:
            calls = max(1, largest.total_calls)
            place.enter_context(
                self._evaluator.meter.room("shared", calls=calls, tokens=largest.tokens, cost_usd=largest.cost_usd)
            )
        except BudgetExhausted:
            return None
        return place

    def _hear(self, process: str) -> None:
        if process not in self._heard:
            logger.info("Runners of %s take rollouts of this search.", process)
        self._heard[process] = time.monotonic()

    async def _call_store_method(self, method_name: str, *args: Any, **kwargs: Any) -> Any:
        # The package would hold a thread's lock over each call; store and requests share one loop here.
        return await getattr(self.store, method_name)(*args, **kwargs)


def _is_old(moment: float) -> bool:
    return time.monotonic() - moment > LOST_S


@contextlib.asynccontextmanager
async def shared(
    store: EventStore, agent: RolloutAgent, evaluator: Evaluator, sharing: Sharing | None
) -> AsyncIterator[SharedStore | None]:
    """Share the store while the block runs; where nobody can listen at the address, the search goes on alone, with a warning."""
    if sharing is None:
        yield None
        return
    evaluator.announce()
    door = SharedStore(store, agent, evaluator)
    assert door.app is not None, "the process that made it has the application"
    async with listening(_guarded(door.app, sharing.token), sharing.host, sharing.port):
        keeping = asyncio.create_task(door.pass_on_what_is_lost())
        try:
            yield door
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


def _guarded(application: Any, token: str) -> Application:
    """The application for those who know the token; for everybody where there is none."""
    wanted = f"Bearer {token}".encode()

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "http" and token and not hmac.compare_digest(given, wanted):
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b"wrong runners_token"})
            return
        await application(scope, receive, send)

    return guarded
