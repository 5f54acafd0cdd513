"""The simulator through the real OpenAI client: completions, streams, tools, formats, errors, faults, counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from nightschool.simulator import FaultRates, SimulatorSettings, running, start_in_thread

MODEL = "simulated-1"
CALCULATOR: Any = {
    "type": "function",
    "function": {
        "name": "calculator",
        "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]},
    },
}
PRICE = "What do 12 lamps cost if a single one is 35000 VND?"
GOOD_PROMPT = "Use the calculator. State the unit. Work step by step. Reply directly. End with a line “Final answer: …”."


def messages(question: str = PRICE, prompt: str = GOOD_PROMPT) -> Any:
    return [{"role": "system", "content": prompt}, {"role": "user", "content": question}]


@asynccontextmanager
async def client_of(**settings: Any) -> AsyncIterator[AsyncOpenAI]:
    async with (
        running(SimulatorSettings(**settings)) as address,
        AsyncOpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0, timeout=60) as client,
    ):
        yield client


async def counts(client: AsyncOpenAI) -> dict[str, Any]:
    root = str(client.base_url).removesuffix("/v1/")
    async with aiohttp.ClientSession() as session, session.get(f"{root}/simulator/counts") as response:
        return dict(await response.json())


async def test_says_that_it_is_simulated() -> None:
    async with client_of() as client:
        (model,) = (await client.models.list()).data
        completion = await client.chat.completions.create(model=MODEL, messages=messages())
    assert (model.id, model.owned_by) == (MODEL, "nightschool simulator: not a real model")
    assert completion.system_fingerprint == "simulated"


async def test_the_same_request_gets_the_same_answer_from_any_server_with_the_same_seed() -> None:
    answers = []
    for seed in (1, 1, 2):
        async with client_of(seed=seed) as client:
            replies = [await client.chat.completions.create(model=MODEL, messages=messages(f"{PRICE} {n}")) for n in range(5)]
            replies += [await client.chat.completions.create(model=MODEL, messages=messages(p, "")) for p in _questions()]
        answers.append([reply.choices[0].message.content for reply in replies])
    assert answers[0] == answers[1]
    assert answers[0] != answers[2]


def _questions() -> list[str]:
    return [f"What do {count} lamps cost if a single one is 35000 VND?" for count in range(3, 23)]


async def test_at_temperature_0_the_requests_seed_changes_nothing_and_above_it_does() -> None:
    async def answers(client: AsyncOpenAI, temperature: float, seed: int) -> list[str | None]:
        asked = [
            client.chat.completions.create(model=MODEL, messages=messages(p, ""), temperature=temperature, seed=seed)
            for p in _questions()
        ]
        return [reply.choices[0].message.content for reply in await asyncio.gather(*asked)]

    async with client_of() as client:
        assert await answers(client, 0, 1) == await answers(client, 0, 2)
        assert await answers(client, 1, 1) == await answers(client, 1, 1)
        assert await answers(client, 1, 1) != await answers(client, 1, 2)


async def test_a_stream_carries_the_same_answer_and_the_same_usage() -> None:
    async with client_of() as client:
        whole = await client.chat.completions.create(model=MODEL, messages=messages())
        stream = await client.chat.completions.create(
            model=MODEL, messages=messages(), stream=True, stream_options={"include_usage": True}
        )
        events = [event async for event in stream]
    text = "".join(event.choices[0].delta.content or "" for event in events if event.choices)
    assert text == whole.choices[0].message.content
    assert events[-1].usage == whole.usage
    assert events[-2].choices[0].finish_reason == "stop"
    assert len(events) > 5


@pytest.mark.parametrize("stream", [False, True])
async def test_tools_are_called_and_their_results_used(stream: bool) -> None:
    async with client_of(seed=3) as client:
        if stream:
            events = [
                event
                async for event in await client.chat.completions.create(
                    model=MODEL, messages=messages(), tools=[CALCULATOR], stream=True
                )
            ]
            (called,) = [event.choices[0].delta.tool_calls[0] for event in events if event.choices[0].delta.tool_calls]
            reason = events[-1].choices[0].finish_reason
        else:
            reply = await client.chat.completions.create(model=MODEL, messages=messages(), tools=[CALCULATOR])
            called, reason = reply.choices[0].message.tool_calls[0], reply.choices[0].finish_reason
        assert (called.function.name, reason) == ("calculator", "tool_calls")
        assert json.loads(called.function.arguments) == {"expression": "12*35000"}
        call = {"id": called.id, "type": "function", "function": called.function.model_dump()}
        turn = [{"role": "assistant", "content": None, "tool_calls": [call]}]
        # A result that is not the true one: the answer must rest on what the tool said.
        turn.append({"role": "tool", "tool_call_id": called.id, "content": "777000"})
        final = await client.chat.completions.create(model=MODEL, messages=messages() + turn, tools=[CALCULATOR])
    assert final.choices[0].message.content.endswith("Final answer: 777000 VND")


async def test_tool_choice_none_and_required_are_obeyed() -> None:
    async with client_of() as client:
        never = await client.chat.completions.create(model=MODEL, messages=messages(), tools=[CALCULATOR], tool_choice="none")
        always = await client.chat.completions.create(
            model=MODEL, messages=messages(prompt="Never use the calculator."), tools=[CALCULATOR], tool_choice="required"
        )
    assert not never.choices[0].message.tool_calls
    assert always.choices[0].message.tool_calls


async def test_response_formats() -> None:
    schema = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "sure": {"type": "boolean"}, "tags": {"type": "array"}},
    }
    async with client_of() as client:
        as_object = await client.chat.completions.create(
            model=MODEL, messages=messages(), response_format={"type": "json_object"}
        )
        as_schema = await client.chat.completions.create(
            model=MODEL,
            messages=messages(),
            response_format={"type": "json_schema", "json_schema": {"name": "anything", "schema": schema}},
        )
    assert "420000" in json.loads(as_object.choices[0].message.content)["answer"]
    filled = json.loads(as_schema.choices[0].message.content)
    assert "420000" in filled["text"]
    assert filled["sure"] is True


async def test_max_tokens_cuts_and_n_gives_several() -> None:
    async with client_of() as client:
        cut = await client.chat.completions.create(model=MODEL, messages=messages(), max_tokens=2)
        several = await client.chat.completions.create(model=MODEL, messages=messages(prompt=""), n=3, temperature=1)
    assert cut.choices[0].finish_reason == "length"
    assert len(cut.choices[0].message.content) <= 8
    assert [choice.index for choice in several.choices] == [0, 1, 2]


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"model": "gpt-9"}, openai.NotFoundError, "model_not_found"),
        ({"messages": []}, openai.BadRequestError, None),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, openai.BadRequestError, None),
        ({"messages": [{"role": "user", "content": None}]}, openai.BadRequestError, None),
        ({"temperature": 3}, openai.BadRequestError, None),
        ({"max_tokens": 0}, openai.BadRequestError, None),
        ({"tools": [{"type": "function"}]}, openai.BadRequestError, None),
        ({"messages": [{"role": "user", "content": "x" * 5000}]}, openai.BadRequestError, "context_length_exceeded"),
    ],
)
async def test_wrong_requests_are_refused_as_openai_refuses_them(
    changes: dict[str, Any], error: type[openai.APIStatusError], code: str | None
) -> None:
    async with client_of(context_tokens=1000) as client:
        with pytest.raises(error) as raised:
            await client.chat.completions.create(**{"model": MODEL, "messages": messages(), **changes})
        assert (await counts(client))["refused"] == 1
    assert raised.value.code == code
    assert raised.value.body["message"]


async def test_a_body_that_is_not_json_is_refused() -> None:
    async with (
        running() as address,
        aiohttp.ClientSession() as session,
        session.post(f"{address}/v1/chat/completions", data=b"{oh") as response,
    ):
        assert response.status == 400
        assert "not valid JSON" in (await response.json())["error"]["message"]


async def test_a_key_can_be_demanded() -> None:
    async with client_of(api_key="right") as client:
        with pytest.raises(openai.AuthenticationError):
            await client.chat.completions.create(model=MODEL, messages=messages())
        await client.with_options(api_key="right").chat.completions.create(model=MODEL, messages=messages())


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limited", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("dropped", openai.APIConnectionError),
        ("hanging", openai.APIConnectionError),
        ("malformed", json.JSONDecodeError),
    ],
)
async def test_each_fault_is_what_it_says(kind: str, error: type[Exception]) -> None:
    async with client_of(faults=FaultRates(**{kind: 1.0}), hang_s=0.05, retry_after_s=7) as client:
        with pytest.raises(error) as raised:
            await client.chat.completions.create(model=MODEL, messages=messages())
        assert (await counts(client))["faults"] == {kind: 1}
    if isinstance(raised.value, openai.RateLimitError):
        assert raised.value.response.headers["Retry-After"] == "7"


async def test_a_client_that_does_not_wait_meets_a_time_out() -> None:
    async with client_of(faults=FaultRates(hanging=1.0)) as client:
        with pytest.raises(openai.APITimeoutError):
            await client.with_options(timeout=0.2).chat.completions.create(model=MODEL, messages=messages())


async def test_an_empty_answer() -> None:
    async with client_of(faults=FaultRates(empty=1.0)) as client:
        reply = await client.chat.completions.create(model=MODEL, messages=messages(), tools=[CALCULATOR])
    assert reply.choices[0].message.content == ""
    assert not reply.choices[0].message.tool_calls


async def test_a_stream_can_break_off() -> None:
    async with client_of(faults=FaultRates(dropped=1.0)) as client:
        stream = await client.chat.completions.create(model=MODEL, messages=messages(), stream=True)
        with pytest.raises(openai.APIError):
            [event async for event in stream]


async def test_faults_come_at_their_rate_and_at_the_same_requests_again() -> None:
    async def failures(client: AsyncOpenAI) -> list[int]:
        failed = []
        for number in range(60):
            try:
                await client.chat.completions.create(model=MODEL, messages=messages())
            except openai.InternalServerError:
                failed.append(number)
        return failed

    async with client_of(seed=5, faults=FaultRates(server_error=0.3)) as client:
        first = await failures(client)
        root = str(client.base_url).removesuffix("/v1/")
        async with aiohttp.ClientSession() as session, session.post(f"{root}/simulator/reset") as response:
            assert (await response.json())["total"] == 0
        assert await failures(client) == first
    assert 8 <= len(first) <= 28


async def test_counts_tell_roles_apart_and_show_concurrency() -> None:
    async with client_of(latency_ms=100) as client:
        create = client.chat.completions.create
        await asyncio.gather(*(create(model=MODEL, messages=messages(f"hello {n % 5}")) for n in range(10)))
        edit = [
            {"role": "user", "content": "Revise the given prompt template.\n\n# Prompt Template\n\nP\n\n# Critique\n\n- units"}
        ]
        await create(model=MODEL, messages=edit)
        seen = await counts(client)
    assert {name: seen[name] for name in ("total", "agent", "editor", "critic", "judge")} == {
        "total": 11,
        "agent": 10,
        "editor": 1,
        "critic": 0,
        "judge": 0,
    }
    assert seen["distinct"] == 6
    assert seen["peak_in_flight"] == 10


async def test_64_at_once_take_little_longer_than_one() -> None:
    loop = asyncio.get_running_loop()
    async with running(SimulatorSettings(latency_ms=200, jitter=0)) as address, aiohttp.ClientSession() as session:

        async def one(number: int) -> float:
            started = loop.time()
            body = {"model": MODEL, "messages": messages(f"What do {number} lamps cost if a single one is 35000 VND?")}
            async with session.post(f"{address}/v1/chat/completions", json=body) as response:
                await response.json()
            return loop.time() - started

        took = sorted(await asyncio.gather(*(one(number) for number in range(64))))
    # Both sides share one core here, and the machine may be busy: a bottleneck would show in seconds.
    assert took[0] >= 0.2
    assert took[32] < 1.0


def test_synchronous_code_can_have_one_too() -> None:
    with (
        start_in_thread(SimulatorSettings(seed=1)) as address,
        OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client,
    ):
        assert client.chat.completions.create(model=MODEL, messages=messages()).choices[0].message.content


def test_a_taken_port_is_reported_where_the_thread_was_started() -> None:
    with start_in_thread() as address:
        port = int(address.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="address"), start_in_thread(SimulatorSettings(port=port)):
            pass
