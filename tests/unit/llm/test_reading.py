"""Whatever shape an endpoint's answer has, it is read or it is an outage; nothing else comes of it, for no role."""

import copy
import logging
from dataclasses import replace
from datetime import date

import pytest
from agno.agent import Agent
from agno.models.openai import OpenAIChat

from nightschool.agent import Target
from nightschool.errors import TransientError
from nightschool.evaluation import Evaluator
from nightschool.grading import Grader
from nightschool.llm import LLM, AgentCalls, Journal, Meter
from nightschool.records import BudgetPolicy, GradingPolicy, ModelPolicy, Night
from tests.scripted_endpoint import answering, chat_answer
from tests.unit.agent.conftest import an_example

GOOD = chat_answer("Seven.").body


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("agno").setLevel(logging.CRITICAL)


def answer(**fields):
    return GOOD | fields


def message(**fields):
    changed = copy.deepcopy(GOOD)
    changed["choices"][0]["message"] |= fields
    return changed


SHAPES = {
    "null": (None, None),
    "a number": (5, None),
    "choices in words": (answer(choices="x"), None),
    "an empty choice": (answer(choices=[{}]), None),
    "a message in words": (answer(choices=[{"message": "Seven."}]), None),
    "content in numbers": (message(content=5), None),
    "content as an object": (message(content={"a": 1}), None),
    "content in parts": (message(content=[{"type": "text", "text": "Seven."}]), "Seven."),
    "a refusal": (message(content=None, refusal="I won't."), ""),
    "usage without numbers": (answer(usage={"prompt_tokens": None, "completion_tokens": None}), "Seven."),
    "usage in words": (answer(usage="much"), "Seven."),
    "usage below zero": (answer(usage={"prompt_tokens": -5, "completion_tokens": -9}), "Seven."),
    "a model in numbers": (answer(model=5), "Seven."),
    "half of a surrogate pair": (message(content="Sev\ud800en."), "Sev?en."),
    "NUL": (message(content="Sev\0en."), "Sev\0en."),
}


@pytest.fixture
def journal(tmp_path):
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", Night(target="t", run_date=date(2026, 11, 21)))
    yield journal
    journal.close()


@pytest.mark.parametrize(("body", "text"), SHAPES.values(), ids=SHAPES)
async def test_critic_editor_and_judge_read_it_or_call_it_an_outage(journal, body, text):
    async with answering([replace(chat_answer(""), body=body)]) as endpoint:
        policy = ModelPolicy(base_url=endpoint.url, max_attempts=1)
        llm = LLM(policy, "any", journal=journal, meter=Meter(BudgetPolicy()))
        try:
            if text is None:
                with pytest.raises(TransientError):
                    await llm.ask("critic", [{"role": "user", "content": "Why?"}], temperature=0)
            else:
                reply = await llm.ask("critic", [{"role": "user", "content": "Why?"}], temperature=0)
                assert reply.text == text
                assert journal.spent().calls == {"critic": 1}
        finally:
            await llm.aclose()


@pytest.mark.parametrize(("body", "text"), SHAPES.values(), ids=SHAPES)
async def test_of_an_agent_that_is_sent_it_there_is_a_rollout_and_it_is_kept_where_it_has_a_score(journal, body, text):
    async with answering([replace(chat_answer(""), body=body)]) as endpoint:

        def build(prompt):
            model = OpenAIChat(id="m", base_url=endpoint.url, api_key="any", max_retries=0, timeout=20)
            return Agent(model=model, system_message=prompt, resolve_in_context=False, telemetry=False)

        policy, meter = ModelPolicy(max_attempts=1), Meter(BudgetPolicy())
        target = Target(build, journaled=AgentCalls(journal, meter, policy))
        grader = Grader(GradingPolicy(use_llm_grader=False), LLM(policy, "any", journal=journal, meter=meter))
        example = an_example("What is 3 + 4?", expected_answer="Seven.", origin="correction")
        try:
            evaluator = Evaluator(target, grader, journal, meter, policy)
            rollout = await evaluator.run("Be brief.", example)
            asked = len(endpoint.sent)
            again = await evaluator.run("Be brief.", example)
        finally:
            await target.aclose()
    assert (rollout.reward is None) == (rollout.fault == "infrastructure")
    assert rollout.answer == (text or "") or body.get("usage") == "much"  # which Agno can't read
    assert rollout.input_tokens >= 0
    if rollout.reward is not None:
        assert again == rollout
        assert len(endpoint.sent) == asked
