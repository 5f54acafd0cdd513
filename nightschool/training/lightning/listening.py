"""An HTTP server inside of a running event loop that leaves the process's signals alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import uvicorn

Application = Callable[[Any, Any, Any], Awaitable[None]]
"""What ASGI calls an application."""
CLOSE_S = 2

logger = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A night is cancelled by signals, which are Prefect's."""
        yield


@contextlib.asynccontextmanager
async def listening(application: Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve while the block runs; where the address is taken, a warning is all that happens."""
    try:
        taken = socket.create_server((host, port))
    except OSError as error:
        logger.warning("Nobody can listen at %s:%s (%s): the rollouts of this search are all done here.", host, port, error)
        yield
        return
    config = uvicorn.Config(application, log_config=None, log_level="warning", access_log=False, lifespan="off")
    config.timeout_graceful_shutdown = CLOSE_S
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[taken]))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)
        taken.close()
