"""Copies finished rollouts to a Lightning Store server, whose dashboard shows them.

The store's own OTLP endpoint drops spans that don't name a rollout and an attempt of its own, so rollouts are sent through
its client. A store that does not answer is given up after one warning: it never slows or fails a rollout.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import aiohttp
from agentlightning.store.client_server import LightningStoreClient
from agentlightning.types import Rollout, Span

from nightschool.tracing import masked

CLOSE_TIMEOUT_S = 10.0
REQUEST_TIMEOUT_S = 10.0

logger = logging.getLogger(__name__)


class StoreMirror:
    """Sends rollouts to a store beside the search.

    Args:
        url: the store's address, like http://localhost:4747; empty: nothing is sent.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None
        if url:
            self._client = LightningStoreClient(
                url, retry_delays=(), health_retry_delays=(), request_timeout=REQUEST_TIMEOUT_S, connection_timeout=2.0
            )
        self._answers = bool(url)
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether what is sent is received; False without a store, and after one did not answer."""
        return self._answers

    def send(self, rollout: Rollout, spans: Sequence[Span]) -> None:
        """Send a finished rollout with its spans, some time soon."""
        if self._answers:
            task = asyncio.create_task(self._send(rollout, spans))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def aclose(self) -> None:
        """Wait a little for what is still being sent, and close the connections."""
        if self._client is None:
            return
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=CLOSE_TIMEOUT_S)
            for task in late:
                task.cancel()
        await self._client.close()

    async def _send(self, rollout: Rollout, spans: Sequence[Span]) -> None:
        try:
            copy = await self._client.start_rollout(input=rollout.input, mode=rollout.mode)
            names = {"rollout_id": copy.rollout_id, "attempt_id": copy.attempt.attempt_id}
            await self._client.add_many_spans([span.model_copy(update=names | {"attributes": _seen(span)}) for span in spans])
            await self._client.update_attempt(copy.rollout_id, copy.attempt.attempt_id, status="succeeded")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        if self._answers:
            logger.warning("The trace store %s does not answer (%s); the night goes on without it.", self._url, error)
            self._answers = False


def _seen(span: Span) -> dict[str, Any]:
    return {name: masked(value) for name, value in span.attributes.items()}
