"""The loopback server: OpenAI's chat completions, answered by the simulated model. Not a real model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from nightschool.simulator.chat import Chat, read_chat
from nightschool.simulator.checking import RequestError, check_request
from nightschool.simulator.counting import Counts
from nightschool.simulator.faults import Fault, fault_of, latency_of
from nightschool.simulator.model import Choice, complete
from nightschool.simulator.roles import Role, role_of
from nightschool.simulator.settings import HOST, SimulatorSettings
from nightschool.simulator.wire import chunks, completion, model_list

_MAX_BODY_BYTES = 64 * 2**20
_SHUTDOWN_S = 0.5
_BACKLOG = 1024


class Simulator:
    """One server's state: its settings and what it has counted."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self.counts = Counts()

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_post("/v1/chat/completions", self.chat_completions)
        app.router.add_get("/v1/models", self.list_models)
        app.router.add_get("/health", self.health)
        app.router.add_get("/simulator/counts", self.show_counts)
        app.router.add_post("/simulator/reset", self.reset_counts)
        return app

    async def chat_completions(self, request: web.Request) -> web.StreamResponse:
        """Answer a chat-completion request, or meet its fault."""
        raw = await request.read()
        try:
            self._check_key(request)
            body = check_request(_parsed(raw), self.settings)
        except RequestError as error:
            self.counts.refuse()
            return web.json_response(error.body(), status=error.status)
        chat = read_chat(body)
        role = role_of(body, chat)
        number = self.counts.enter(role, raw)
        try:
            await asyncio.sleep(latency_of(self.settings, number))
            return await self._respond(request, number, dict(body), chat, role)
        finally:
            self.counts.leave()

    async def list_models(self, request: web.Request) -> web.Response:
        """List the simulated models."""
        return web.json_response(model_list(self.settings))

    async def health(self, request: web.Request) -> web.Response:
        """Say that the server is up."""
        return web.json_response({"status": "ok", "simulated": True})

    async def show_counts(self, request: web.Request) -> web.Response:
        """Show what was asked so far."""
        return web.json_response(self.counts.summary())

    async def reset_counts(self, request: web.Request) -> web.Response:
        """Start counting anew; latencies and faults start anew with it."""
        self.counts.reset()
        return web.json_response(self.counts.summary())

    def _check_key(self, request: web.Request) -> None:
        wanted = self.settings.api_key
        if wanted and request.headers.get("Authorization") != f"Bearer {wanted}":
            raise RequestError(401, "Incorrect API key provided.", code="invalid_api_key")

    async def _respond(
        self, request: web.Request, number: int, body: dict[str, Any], chat: Chat, role: Role
    ) -> web.StreamResponse:
        fault = fault_of(self.settings, number)
        if fault:
            self.counts.meet(fault)
        if fault in ("rate_limited", "server_error", "malformed"):
            return self._faulty_response(fault)
        if fault == "hanging":
            await asyncio.sleep(self.settings.hang_s)
        if fault == "hanging" or (fault == "dropped" and not body.get("stream")):
            return _hung_up(request)
        choices = complete(body, chat, role, seed=self.settings.seed)
        if fault == "empty":
            choices = tuple(replace(choice, content="", tool="", finish_reason="stop") for choice in choices)
        if body.get("stream"):
            return await _stream(request, number, body, choices, drop=fault == "dropped")
        return web.json_response(completion(number, body, choices))

    def _faulty_response(self, fault: Fault) -> web.Response:
        if fault == "malformed":
            return web.Response(text='{"id": "chatcmpl-simulated", "choices": [{"mess', content_type="application/json")
        if fault == "server_error":
            error = RequestError(500, "The simulated server had an error.", code="server_error")
            return web.json_response(error.body(), status=500)
        wait = self.settings.retry_after_s
        error = RequestError(429, f"Rate limit reached; try again in {wait:g} s.", code="rate_limit_exceeded")
        return web.json_response(error.body(), status=429, headers={"Retry-After": f"{wait:g}"})


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise RequestError(400, f"The body is not valid JSON: {error}") from None


def _hung_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _stream(
    request: web.Request, number: int, body: dict[str, Any], choices: tuple[Choice, ...], *, drop: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    for position, event in enumerate(chunks(number, body, choices)):
        if drop and position == 1:
            return _hung_up(request)
        await response.write(event.encode())
    await response.write_eof()
    return response


@asynccontextmanager
async def running(settings: SimulatorSettings | None = None) -> AsyncIterator[str]:
    """Serve within a block; the value is the root address, like `http://127.0.0.1:43121` (OpenAI's base URL: with `/v1`)."""
    chosen = settings or SimulatorSettings()
    runner = web.AppRunner(Simulator(chosen).application(), access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, chosen.port, backlog=_BACKLOG).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
