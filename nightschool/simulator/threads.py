"""A simulator in a thread of its own, for code that is not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from nightschool.simulator.server import running
from nightschool.simulator.settings import SimulatorSettings

_START_S = 30.0


@contextmanager
def start_in_thread(settings: SimulatorSettings | None = None) -> Iterator[str]:
    """Serve within a block, from another thread; the value is the root address, as `running` gives it."""
    address: Future[str] = Future()
    stop: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        ended = asyncio.Event()
        stop.set_result((asyncio.get_running_loop(), ended))
        try:
            async with running(settings) as served_at:
                address.set_result(served_at)
                await ended.wait()
        except OSError as error:
            address.set_exception(error)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="nightschool-simulator", daemon=True)
    thread.start()
    try:
        yield address.result(timeout=_START_S)
    finally:
        loop, ended = stop.result(timeout=_START_S)
        if thread.is_alive() and not loop.is_closed():
            loop.call_soon_threadsafe(ended.set)
        thread.join(timeout=_START_S)
