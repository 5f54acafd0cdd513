"""A time-out that stands still while nobody may be asked: a wait for the endpoint's rate is not the agent's slowness."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator


class Patience:
    """Holds a time-out back while at least one of a run's model calls waits for its turn.

    Args:
        limit: entered already.
    """

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._limit = limit
        self._waiting = 0
        self._left_s = 0.0
        self._since = 0.0
        self.waited_s = 0.0

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """The time inside does not count."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    def _begin(self) -> None:
        self._waiting += 1
        ends_at = self._limit.when()
        if self._waiting == 1 and ends_at is not None:
            self._since = time.monotonic()
            self._left_s = ends_at - asyncio.get_running_loop().time()
            self._limit.reschedule(None)

    def _end(self) -> None:
        self._waiting -= 1
        if self._waiting == 0:
            self.waited_s += time.monotonic() - self._since
            self._limit.reschedule(asyncio.get_running_loop().time() + self._left_s)
