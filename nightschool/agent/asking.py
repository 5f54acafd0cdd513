"""How a run in the agent's own interpreter asks for each model call's place in the budget. Standard library and Agno alone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nightschool.agent.sizes import tokens_allowed, tokens_asked, tokens_taken


class Payer:
    """Asks before each model call of a run whether it may be made, and says what it took.

    Args:
        say: what is said of the run, to whoever pays.
    """

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        self._say = say
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[bool]] = {}

    async def paid(self, model: Any, ask: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        """A call's answer, once its place in the budget is granted.

        Args:
            model: that is asked.
            ask: its `ainvoke`.
            args: of the call.
            kwargs: of the call.

        Raises:
            RuntimeError: where it is refused.
        """
        asked, took = tokens_asked(*args, **kwargs), None
        number = await self._granted(asked, tokens_allowed(model))
        try:
            answer = await ask(*args, **kwargs)
            took = tokens_taken(answer, asked)
        finally:
            self._say({"call": number, "took": took})
        return answer

    def heard(self, reply: Mapping[str, Any]) -> None:
        """What is said to a call; to one whose run was ended meanwhile, nothing."""
        waiting = self._asked.get(reply["call"])
        if waiting is not None and not waiting.done():
            waiting.set_result(reply["granted"])

    async def _granted(self, tokens: int, may_write: int) -> int:
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._say({"call": number, "asks": [tokens, may_write]})
        try:
            granted = await self._asked[number]
        finally:
            del self._asked[number]
        if not granted:
            raise RuntimeError("the budget is used up")
        return number
