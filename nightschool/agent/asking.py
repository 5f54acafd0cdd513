"""How a run in the agent's own interpreter asks before each of its model calls. Standard library and Agno alone."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nightschool.agent.sizes import tokens_allowed, tokens_asked, tokens_taken
from nightschool.llm.faults import retry_after_s

LOOK_S = 0.01


class Payer:
    """Asks before each model call of a run whether and when it may be made, and says how it ended.

    Args:
        say: what is said of the run, to whoever pays.
    """

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        self._say = say
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[bool]] = {}
        self._since = 0.0
        self._waited_s = 0.0

    async def paid(self, model: Any, ask: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        """A call's answer, once it is granted.

        Args:
            model: that is asked.
            ask: its `ainvoke`.
            args: of the call.
            kwargs: of the call.

        Raises:
            RuntimeError: where it is refused.
        """
        asked = tokens_asked(*args, **kwargs)
        end: dict[str, Any] = {"took": None, "failed": None}
        endpoint = str(getattr(model, "base_url", None) or "")
        number = await self._granted({"asks": [asked, tokens_allowed(model)], "endpoint": endpoint})
        try:
            answer = await ask(*args, **kwargs)
            end["took"] = tokens_taken(answer, asked)
        except Exception as error:
            end["failed"] = failure_of(error)
            raise
        finally:
            self._say({"call": number, **end})
        return answer

    def heard(self, reply: Mapping[str, Any]) -> None:
        """What is said to a call; to one whose run was ended meanwhile, nothing."""
        waiting = self._asked.get(reply["call"])
        if waiting is not None and not waiting.done():
            waiting.set_result(reply["granted"])

    async def within(self, seconds: float, running: Awaitable[Any]) -> Any:
        """What a run comes to in so many seconds, without those in which it waits for a grant.

        Raises:
            TimeoutError: where it takes longer; it is cancelled.
        """
        task, started = asyncio.ensure_future(running), time.monotonic()
        try:
            while (left := started + seconds + self._waited() - time.monotonic()) > 0:
                if (await asyncio.wait({task}, timeout=max(left, LOOK_S)))[0]:
                    return task.result()
            raise TimeoutError
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _granted(self, wanted: Mapping[str, Any]) -> int:
        number = next(self._numbers)
        if not self._asked:
            self._since = time.monotonic()
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._say({"call": number, **wanted})
        try:
            granted = await self._asked[number]
        finally:
            del self._asked[number]
            if not self._asked:
                self._waited_s += time.monotonic() - self._since
        if not granted:
            raise RuntimeError("the budget is used up")
        return number

    def _waited(self) -> float:
        """Seconds in which at least one call waited."""
        return self._waited_s + (time.monotonic() - self._since if self._asked else 0.0)


def failure_of(error: BaseException) -> dict[str, Any]:
    """What a model raised, in plain values."""
    return {
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "status_code": getattr(error, "status_code", None),
        "message": str(error)[:2000],
        "retry_after_s": retry_after_s(error),
    }
