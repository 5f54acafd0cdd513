"""The critic's and editor's work, over HTTP alone, finds better prompts; only `true_quality` looks behind the curtain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai import AsyncOpenAI

from nightschool.simulator import SimulatorSettings, order_status, running, true_quality
from nightschool.simulator.world import population
from tests.simulated_requests import Run, critique_request, edit_request

SEED_PROMPT = "Bạn là một trợ lý AI giúp tôi giải quyết thắc mắc"
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": {argument: {"type": "string"}}}},
    }
    for name, argument in (("calculator", "expression"), ("order_status", "order_number"))
]
GRADE_FORMAT: Any = {
    "type": "json_schema",
    "json_schema": {
        "name": "grade",
        "schema": {"type": "object", "properties": {"score": {"type": "number"}, "reason": {"type": "string"}}},
    },
}


async def ask(client: AsyncOpenAI, messages: list[Any], **options: Any) -> Any:
    reply = await client.chat.completions.create(model="simulated-1", messages=messages, **options)
    return reply.choices[0].message


async def run_agent(client: AsyncOpenAI, prompt: str, question: str) -> list[Any]:
    messages: list[Any] = [{"role": "system", "content": prompt}, {"role": "user", "content": question}]
    while True:
        message = await ask(client, messages, tools=TOOLS, temperature=0)
        messages.append(message.model_dump(exclude_none=True))
        if not message.tool_calls:
            return messages[1:]
        for call in message.tool_calls:
            (argument,) = json.loads(call.function.arguments).values()
            # The calculator is asked by the simulated model, which writes nothing but formulas.
            result = order_status(argument) if call.function.name == "order_status" else str(eval(argument))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


async def reward_of(client: AsyncOpenAI, question: str, answer: str, reference: str) -> float:
    shown = json.dumps({"question": question, "answer": answer, "reference": reference})
    message = await ask(client, [{"role": "user", "content": shown}], response_format=GRADE_FORMAT, temperature=0)
    return float(json.loads(message.content)["score"])


async def climb(client: AsyncOpenAI, seed: int, steps: int) -> str:
    """Critique of a mini-batch, then edit, taken as it comes; no selection, as a real search would add."""
    prompt = SEED_PROMPT
    questions = population(seed, 12 * steps)
    for step in range(steps):
        runs = []
        for question in questions[12 * step : 12 * (step + 1)]:
            messages = await run_agent(client, prompt, question.text)
            answer = messages[-1]["content"]
            runs.append(Run(messages, await reward_of(client, question.text, answer, question.expected_answer)))
        options = {"temperature": 0.7, "seed": seed + step}
        critique = await ask(client, critique_request(1 + step % 3, prompt, runs), **options)
        edited = await ask(client, edit_request(1, prompt, critique.content), **options)
        prompt = edited.content
    return prompt


@pytest.mark.parametrize("seed", [11, 22, 33, 44, 55])
async def test_critic_and_editor_climb_from_the_seed_prompt(seed: int) -> None:
    async with (
        running(SimulatorSettings(seed=seed)) as address,
        AsyncOpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client,
    ):
        prompt = await climb(client, seed, steps=4)
    assert prompt.startswith(SEED_PROMPT)
    assert true_quality(prompt) - true_quality(SEED_PROMPT) >= 0.2


def test_the_seed_prompt_is_poor_and_each_skill_is_a_part_of_the_way_up() -> None:
    from nightschool.simulator.editor import INSTRUCTIONS

    seed = true_quality(SEED_PROMPT)
    assert 0.35 <= seed <= 0.5
    gains = [true_quality(f"{SEED_PROMPT}\n- {wordings[0].en}") - seed for wordings in INSTRUCTIONS.values()]
    assert all(0.015 < gain < 0.2 for gain in gains)
    everything = "\n".join(wordings[0].vi for wordings in INSTRUCTIONS.values())
    assert true_quality(f"{SEED_PROMPT}\n{everything}") >= 0.85
