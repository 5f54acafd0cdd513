"""A real Agno agent with a Python tool talks to the simulated model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import AsyncOpenAI

from nightschool.simulator import SimulatorSettings, order_status, running

PROMPT = (
    "Use your tools: the calculator for sums, the look-up for orders. Work step by step, reply directly, and end with "
    "“Final answer: <value with unit>”. Keep {braces} and $$ as they are."
)


@pytest.fixture
def calls() -> list[str]:
    return []


@asynccontextmanager
async def agent_of(calls: list[str]) -> AsyncIterator[Any]:
    async with (
        running(SimulatorSettings(seed=2)) as address,
        AsyncOpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client,
    ):
        yield build_agent(client, calls)


def build_agent(client: AsyncOpenAI, calls: list[str]) -> Any:
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat

    def calculator(expression: str) -> str:
        """Calculate a formula.

        Args:
            expression: a formula in Python's notation.
        """
        calls.append(expression)
        return str(eval(expression))

    def look_up_order(order_number: str) -> str:
        """Look an order up in the desk's system.

        Args:
            order_number: the digits of its number.
        """
        calls.append(order_number)
        return order_status(order_number)

    model = OpenAIChat(id="simulated-1", async_client=client, temperature=0)
    tools = [calculator, look_up_order]
    return Agent(model=model, system_message=PROMPT, tools=tools, resolve_in_context=False, telemetry=False)


async def test_the_calculator_is_called_and_its_result_answered(calls: list[str]) -> None:
    async with agent_of(calls) as agent:
        run = await agent.arun("How much will Nina have from 60500000 VND after 6 years if 4% is added each year and kept?")
    assert calls == ["60500000" + "*(1+4/100)" * 6]
    assert run.content.endswith("Final answer: 76551800.62 VND")
    assert run.messages[0].content == PROMPT
    assert run.metrics.input_tokens > 0


async def test_an_order_is_looked_up(calls: list[str]) -> None:
    async with agent_of(calls) as agent:
        run = await agent.arun("What is the status of order 63775?")
    assert calls == ["63775"]
    assert run.content.endswith("Final answer: processing")


async def test_a_follow_up_is_understood_from_the_history(calls: list[str]) -> None:
    from agno.models.message import Message

    history = [
        Message(role="user", content="What do 12 lamps cost if a single one is 35000 VND?"),
        Message(role="assistant", content="420000 VND"),
        Message(role="user", content="And what if it were 20 instead?"),
    ]
    async with agent_of(calls) as agent:
        await agent.arun(history)
    assert calls == ["20*35000"]
