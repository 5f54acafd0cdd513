"""What the model calls of one run in the agent's own interpreter take: paid here one by one, made over there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from nightschool.agent.faults import Usage
from nightschool.errors import NightschoolError
from nightschool.llm import AgentCalls


class Bill:
    """Answers the worker's questions before each call, and holds a place in the budget until it says what the call took.

    Args:
        journaled: counts the calls, and refuses those beyond the budget.
    """

    def __init__(self, journaled: AgentCalls) -> None:
        self._journaled = journaled
        self._open: dict[int, tuple[contextlib.ExitStack, Callable[[int, int], None]]] = {}
        self.paid = Usage()
        self.stopped: NightschoolError | None = None
        """What ends more than this run: an empty purse."""

    def hear(self, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the worker says of a call: `asks` (tokens sent, most written), which is answered, or `took` (in, out; or None)."""
        number = int(said["call"])
        if "asks" in said:
            return {"call": number, "granted": self._grant(number, *said["asks"])}
        place, settle = self._open.pop(number)
        with place:
            if said["took"] is not None:
                settle(*said["took"])
                self.paid.add_tokens(*said["took"])
        return None

    def close(self) -> None:
        """Give back the places of calls whose end was never told."""
        while self._open:
            self._open.popitem()[1][0].close()

    def _grant(self, number: int, asked: int, may_write: int) -> bool:
        place = contextlib.ExitStack()
        try:
            settle = place.enter_context(self._journaled.unkept(asked, may_write))
        except NightschoolError as error:
            self.stopped = error
            return False
        self._open[number] = place, settle
        self.paid.calls += 1
        return True
