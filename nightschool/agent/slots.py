"""Which slot of a llama.cpp server answers which prompt, so that a prompt is read once and not once for each question.

Such a server keeps what it has read of a prompt in the slot that answered. A prompt with a dozen demonstrations takes a
small model on two processors two seconds to read, and a twentieth of that when its slot has read it before. Endpoints that
offer no slots are left alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

ASK_TIMEOUT_S = 2.0

_slot: ContextVar[int | None] = ContextVar("slot_of_this_run", default=None)


class SlotPool:
    """Hands out the slots of one server; a prompt gets the slots that know it, and no more than its share.

    Args:
        size: how many slots the server has; 0: none are offered, and everybody goes ahead.
    """

    def __init__(self, size: int) -> None:
        self._knows: list[str] = [""] * size
        self._busy = [False] * size
        self._last_use = [0] * size
        self._uses = 0
        self._wanted: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def use(self, prompt: str) -> AsyncIterator[None]:
        """Hold a slot for one run under a prompt; the model's calls in this context are sent to it."""
        if not self._knows:
            yield
            return
        number = await self._take(prompt)
        token = _slot.set(number)
        try:
            yield
        finally:
            _slot.reset(token)
            await self._give_back(number, prompt)

    async def _take(self, prompt: str) -> int:
        self._wanted[prompt] += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: self._choice(prompt) is not None)
                number = self._choice(prompt)
                assert number is not None
                self._uses += 1
                self._knows[number], self._busy[number], self._last_use[number] = prompt, True, self._uses
                return number
        except asyncio.CancelledError:
            self._wanted[prompt] -= 1
            raise

    async def _give_back(self, number: int, prompt: str) -> None:
        self._busy[number] = False
        self._wanted[prompt] -= 1
        async with self._changed:
            self._changed.notify_all()

    def _choice(self, prompt: str) -> int | None:
        """A free slot that knows the prompt; else the one that nobody misses, where the prompt has less than its share."""
        free = [number for number, busy in enumerate(self._busy) if not busy]
        known = [number for number in free if self._knows[number] == prompt]
        if known:
            return known[0]
        active = sum(count > 0 for count in self._wanted.values())
        if not free or self._knows.count(prompt) >= max(1, len(self._knows) // max(1, active)):
            return None
        return min(free, key=lambda number: (self._wanted[self._knows[number]] > 0, self._last_use[number]))


async def slots_of(model: Any) -> int:
    """How many slots the endpoint of an Agno model offers; 0 where it is no llama.cpp server."""
    base_url = getattr(model, "base_url", None)
    if not base_url or not hasattr(model, "get_request_params"):
        return 0
    import httpx

    root = str(base_url).rstrip("/").removesuffix("/v1")
    try:
        async with httpx.AsyncClient(timeout=ASK_TIMEOUT_S) as client:
            answer = await client.get(f"{root}/props")
            return int(answer.json().get("total_slots", 0)) if answer.status_code == httpx.codes.OK else 0
    except (httpx.HTTPError, ValueError, AttributeError):  # not that kind of server
        return 0


def send_to_slots(model: Any) -> None:
    """Make an Agno model name the run's slot in its requests; twice is once."""
    if hasattr(model, "get_request_params") and not getattr(model, "_nightschool_slots", False):
        model.get_request_params = _naming_slot(model.get_request_params)
        model._nightschool_slots = True


def _naming_slot(parameters: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def naming(*args: Any, **kwargs: Any) -> dict[str, Any]:
        made = parameters(*args, **kwargs)
        slot = _slot.get()
        if slot is not None:
            made["extra_body"] = {**(made.get("extra_body") or {}), "id_slot": slot}
        return made

    return naming
