"""The real server: a prompt is read once by the slot that it comes back to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nightschool import local_model
from nightschool.agent import Target
from nightschool.agent.slots import slots_of
from nightschool.records import Example

SLOTS = 2
PROMPTS = [f"You are clerk number {number}. " + "Be kind, and keep to the rules of the house. " * 30 for number in range(SLOTS)]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_model.start(tmp_path_factory.mktemp("model") / "model.log", slots=SLOTS, context=SLOTS * 1536) as url:
        yield url


def factory(base_url: str) -> Any:
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat

    def build(prompt: str) -> Agent:
        model = OpenAIChat(id=local_model.MODEL_NAME, base_url=base_url, api_key="none", max_tokens=4, temperature=0)
        return Agent(model=model, system_message=prompt, resolve_in_context=False, telemetry=False)

    return build


async def cached_tokens(target: Target, prompt: str) -> int:
    output = await target.build(prompt).arun("Hello", stream=False)
    return int(output.metrics.cache_read_tokens)


async def test_a_prompt_is_read_once(base_url: str) -> None:
    target = Target(factory(base_url))
    assert await slots_of(target.build(PROMPTS[0]).model) == SLOTS

    questions = [Example(example_id=str(n), session_id=str(n), question=f"Question {n}?") for n in range(3)]
    for question in questions:
        for prompt in PROMPTS:
            assert (await target.run(prompt, question)).fault is None
    assert target._slots is not None
    slots = await target._slots
    for prompt in PROMPTS:
        async with slots.use(prompt):
            assert await cached_tokens(target, prompt) > 200
    await target.aclose()
