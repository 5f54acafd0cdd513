"""The `llm` room against an endpoint that nobody here wrote: llama.cpp's server with a real small model.

A wire between the two counts the requests, and can be cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from pydantic import BaseModel

from nightschool import local_model
from nightschool.children import free_port
from nightschool.errors import ConfigError, ContextExceeded, LLMError, TransientError
from nightschool.llm import LLM, Journal, Meter, list_models, require_models
from nightschool.records import ModelPolicy, Night, SearchPolicy
from nightschool.training.edits import Parent
from nightschool.training.edits.critique import CritiqueEdit
from tests.unit.training.worlds import an_experiment, examples

SLOTS = 4
HELLO = [{"role": "user", "content": "Say hello."}]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("local_model") / "model.log"
    with local_model.start(log, slots=SLOTS, context=SLOTS * 512) as url:
        yield url


class Wire:
    """Carries bytes to the model's server and back; counts requests, and drops the connection of the next `cuts` of them."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._far_end = (parts.hostname, parts.port)
        self.requests = 0
        self.cuts = 0
        self.base_url = ""
        self._lines: set[asyncio.Task[None] | None] = set()

    async def close(self) -> None:
        await asyncio.gather(*(line for line in self._lines if line))

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(asyncio.current_task())
        far_reader, far_writer = await asyncio.open_connection(*self._far_end)
        back = asyncio.create_task(_copy(far_reader, writer))
        while data := await reader.read(65536):
            # The client waits for an answer before it asks again on the same connection, so a request starts a chunk.
            self.requests += data.startswith(b"POST ")
            if self.cuts and data.startswith(b"POST "):
                self.cuts -= 1
                break
            far_writer.write(data)
        for end in (writer, far_writer):
            end.close()
        await back


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@pytest.fixture
async def wire(base_url: str) -> AsyncIterator[Wire]:
    wire = Wire(base_url)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    wire.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    yield wire
    server.close()
    await wire.close()


@pytest.fixture
async def llm_for(tmp_path: Path) -> AsyncIterator[Callable[..., LLM]]:
    """Makes clients with short answers; a busy machine is slow, so they are patient."""
    night = Night(track="production", target="support", run_date=date(2026, 11, 21))
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", night)
    made: list[LLM] = []

    def make(base_url: str, **changes: Any) -> LLM:
        settings = {"model": local_model.MODEL_NAME, "timeout_s": 300.0, "max_output_tokens": 16, "max_attempts": 2}
        made.append(LLM(ModelPolicy(base_url=base_url, **{**settings, **changes}), "", journal=journal, meter=Meter()))
        return made[-1]

    yield make
    for llm in made:
        await llm.aclose()
    journal.close()


class Ticket(BaseModel):
    team: Literal["billing", "delivery", "returns"]
    urgent: bool


class Essay(BaseModel):
    text: str


async def test_an_answer_comes_with_what_it_took(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    reply = await llm_for(wire.base_url).ask("critic", HELLO, temperature=0)

    assert reply.text
    assert reply.model == local_model.MODEL_NAME
    assert reply.input_tokens > 0
    assert 0 < reply.output_tokens <= 16
    assert reply.latency_s > 0


async def test_an_answer_that_was_cut_says_so(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    long_story = [{"role": "user", "content": "Tell me a very long story about the sea."}]
    reply = await llm_for(wire.base_url).ask("critic", long_story, temperature=0)

    assert reply.finish_reason == "length"
    assert reply.output_tokens == 16


async def test_structured_output_is_read(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    mail = [{"role": "user", "content": "Sort this mail: I was charged twice, please hurry."}]
    ticket = await llm_for(wire.base_url, max_output_tokens=48).ask_for(Ticket, "ticket", "judge", mail, temperature=0)

    assert isinstance(ticket, Ticket)
    assert wire.requests == 1


async def test_structured_output_that_was_cut_is_an_error(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    topic = [{"role": "user", "content": "Write a long essay about the sea."}]
    with pytest.raises(LLMError, match="twice gave no essay") as caught:
        await llm_for(wire.base_url).ask_for(Essay, "essay", "judge", topic, temperature=0)

    assert not isinstance(caught.value, TransientError)
    assert wire.requests == 2


async def test_a_prompt_longer_than_the_context_is_refused_and_not_tried_again(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    too_long = [{"role": "user", "content": "sea " * 2000}]
    with pytest.raises(ContextExceeded, match="context size"):
        await llm_for(wire.base_url).ask("critic", too_long, temperature=0)

    assert wire.requests == 1


async def test_a_critique_is_shortened_until_the_model_can_read_it(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    asked = examples(8)
    experiments = [an_experiment(example, 0.0, answer="It is on its way to you, I believe. " * 40) for example in asked]
    parent = Parent(text="Reply with the value.", experiments=tuple(experiments), train=tuple(asked))
    llm = llm_for(wire.base_url)
    made = await CritiqueEdit(llm, SearchPolicy(max_critic_tokens=4_000)).propose(parent, 1, random.Random(1))

    assert not any(isinstance(child, LLMError) for child in made)
    assert llm.meter.calls == {"critic": 1, "editor": 1}
    assert wire.requests > 2


async def test_a_wrong_request_is_refused_and_not_tried_again(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "wrong", "schema": {"type": "no such type"}}}
    with pytest.raises(LLMError, match="400") as caught:
        await llm_for(wire.base_url).ask("judge", HELLO, temperature=0, schema=schema)

    assert not isinstance(caught.value, TransientError)
    assert wire.requests == 1


async def test_a_dropped_connection_is_tried_again(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    wire.cuts = 1
    reply = await llm_for(wire.base_url).ask("critic", HELLO, temperature=0)

    assert reply.text
    assert wire.requests == 2


async def test_connections_that_keep_dropping_are_an_outage(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    wire.cuts = 100
    with pytest.raises(TransientError):
        await llm_for(wire.base_url).ask("critic", HELLO, temperature=0)

    assert wire.requests == 2


async def test_nobody_at_the_address_is_an_outage(llm_for: Callable[..., LLM]) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/v1"
    with pytest.raises(TransientError):
        await llm_for(nobody).ask("critic", HELLO, temperature=0)
    with pytest.raises(TransientError):
        list_models(ModelPolicy(base_url=nobody), "")


def test_a_model_that_the_endpoint_does_not_have_is_found_out_by_its_list(base_url: str) -> None:
    policy = ModelPolicy(base_url=base_url)

    assert require_models(policy, "", [local_model.MODEL_NAME]) == ""
    with pytest.raises(ConfigError, match=r"no model gpt-4o-mini.*smollm2-135m"):
        require_models(policy, "", ["gpt-4o-mini"])


async def test_an_answer_to_any_name_proves_nothing(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    """Why `require_models` reads the list: this server answers whatever model is asked for."""
    assert (await llm_for(wire.base_url, model="gpt-4o-mini").ask("critic", HELLO, temperature=0)).text


async def test_a_stream_carries_the_same_answer_and_its_usage(base_url: str) -> None:
    """Production agents stream; ours does not, but what is measured on one must hold for the other."""
    from openai import AsyncOpenAI

    request: dict[str, Any] = {"model": local_model.MODEL_NAME, "messages": HELLO, "temperature": 0, "max_tokens": 16}
    async with AsyncOpenAI(base_url=base_url, api_key="none", timeout=300) as client:
        whole = await client.chat.completions.create(**request)
        stream = await client.chat.completions.create(**request, stream=True, stream_options={"include_usage": True})
        chunks = [chunk async for chunk in stream]

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


async def test_a_stream_of_too_long_a_prompt_is_refused_before_it_starts(base_url: str) -> None:
    from openai import AsyncOpenAI, BadRequestError

    async with AsyncOpenAI(base_url=base_url, api_key="none", timeout=300) as client:
        with pytest.raises(BadRequestError, match="context size"):
            await client.chat.completions.create(
                model=local_model.MODEL_NAME, messages=[{"role": "user", "content": "sea " * 2000}], stream=True
            )


@pytest.mark.real_model
async def test_more_requests_than_slots_are_queued_and_all_answered(wire: Wire, llm_for: Callable[..., LLM]) -> None:
    llm = llm_for(wire.base_url)
    questions = [[{"role": "user", "content": f"What is {number} plus one?"}] for number in range(64)]
    replies = await asyncio.gather(*(llm.ask("critic", question, temperature=0) for question in questions))

    assert all(reply.text for reply in replies)
    assert wire.requests == 64
    assert llm.meter.calls == {"critic": 64}
