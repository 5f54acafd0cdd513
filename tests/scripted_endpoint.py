"""An OpenAI-compatible endpoint that answers what a test tells it to, one answer a request, and keeps what it was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; `drop` closes the connection instead."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


def chat_answer(text: str, **message: Any) -> Answer:
    """A chat completion of 10 input and 5 output tokens."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return Answer({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage})


def error(status: int, message: str = "no", **headers: str) -> Answer:
    """An error in OpenAI's shape."""
    return Answer({"error": {"message": message, "type": "t", "code": "c"}}, status, headers)


@dataclass
class Endpoint:
    """The script, and what was sent: the last answer is repeated when the script is over."""

    script: list[Answer]
    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.keys.append(request.headers.get("Authorization", ""))
        self.sent.append(await request.json() if request.can_read_body else {})
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if answer.drop and request.transport:
            request.transport.abort()
        if isinstance(answer.body, str):
            return web.Response(text=answer.body, status=answer.status, content_type="text/html", headers=answer.headers)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return web.Response(body=body, status=answer.status, content_type="application/json", headers=answer.headers)


@asynccontextmanager
async def answering(script: Sequence[Answer]) -> AsyncIterator[Endpoint]:
    """Serve a script on a free loopback port."""
    endpoint = Endpoint(list(script))
    app = web.Application()
    app.router.add_route("*", "/v1/{path:.*}", endpoint.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield endpoint
    finally:
        await _some_turns()  # who connected and hung up at once is accepted, so that the clean-up knows of it
        await runner.cleanup()
        await _some_turns()  # what was closed ends its connection a turn of the loop later


async def _some_turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)
