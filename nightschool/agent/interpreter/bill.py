"""The model calls of one run in the agent's own interpreter: paid and paced here one by one, made over there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from nightschool.agent.faults import Usage, is_down
from nightschool.agent.interpreter.failures import error_of
from nightschool.agent.patience import Patience
from nightschool.errors import NightschoolError
from nightschool.llm import AgentCalls, Limiter, Limiters

Say = Callable[[dict[str, Any]], None]


class Bill:
    """Grants each call that the worker asks for, and holds its place until the worker says what it took. Belongs to one loop.

    Args:
        journaled: counts the calls, and refuses those beyond the budget.
        limiters: how fast the endpoints are asked.
    """

    def __init__(self, journaled: AgentCalls, limiters: Limiters) -> None:
        self._journaled = journaled
        self._limiters = limiters
        self._ends: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._calls: dict[int, asyncio.Task[None]] = {}
        self.paid = Usage()
        self.patience: Patience | None = None
        """Holds back the run's time-out while a call waits for its turn."""
        self.stopped: NightschoolError | None = None
        """What ends more than this run: an empty purse."""

    def hear(self, said: Mapping[str, Any], say: Say) -> None:
        """What the worker says of a call: `asks` (tokens sent, most written), which is answered, or `took` (in, out)."""
        number = int(said["call"])
        if "asks" in said:
            self._ends[number] = asyncio.get_running_loop().create_future()
            self._calls[number] = asyncio.create_task(self._call(number, said, say))
        elif not self._ends[number].done():
            self._ends[number].set_result(said)

    async def aclose(self) -> None:
        """Count what has ended, and give back the places of calls whose end was never told."""
        for number, call in self._calls.items():
            if not self._ends[number].done():
                call.cancel()
        for ended in await asyncio.gather(*self._calls.values(), return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    async def _call(self, number: int, said: Mapping[str, Any], say: Say) -> None:
        asked, may_write = said["asks"]
        limiter = self._limiters.of(said["endpoint"])
        async with contextlib.AsyncExitStack() as place:
            try:
                settle = place.enter_context(self._journaled.unkept(asked, may_write))
            except NightschoolError as error:
                self.stopped = error
                self._ends[number].cancel()
                say({"call": number, "granted": False})
                return
            with self.patience.paused() if self.patience else contextlib.nullcontext():
                await place.enter_async_context(limiter.turn(asked + may_write))
            self.paid.calls += 1
            say({"call": number, "granted": True})
            end = await self._ends[number]
            _tell(limiter, end)
            if end["took"] is not None:
                settle(*end["took"])
                self.paid.add_tokens(*end["took"])


def _tell(limiter: Limiter, end: Mapping[str, Any]) -> None:
    """How a call ended, so that everybody waits where the endpoint is down."""
    failure = end["failed"]
    if failure is not None and is_down(error_of(failure)):
        limiter.failed(failure["retry_after_s"])
    else:
        limiter.succeeded()
