"""An agent's own model calls are journaled one by one: what was finished is not asked again, wherever the rollout broke off."""

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from agno.agent import Agent
from agno.models.openai import OpenAIChat
from agno.models.openai.like import OpenAILike

from nightschool.agent import Target
from nightschool.agent.faults import note_model_calls
from nightschool.errors import BudgetExhausted
from nightschool.evaluation import Evaluator
from nightschool.grading import Grader
from nightschool.llm import LLM, AgentCalls, Journal, Limiters, Meter
from nightschool.records import BudgetPolicy, GradingPolicy, ModelPolicy, Night, RatePolicy
from tests.scripted_endpoint import answering, chat_answer, error
from tests.unit.agent.conftest import an_example

SECRET = "sk-very-secret"
PRICES = ModelPolicy(input_usd_per_mtok=1e6, output_usd_per_mtok=1e6, max_attempts=1)


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("agno").setLevel(logging.CRITICAL)


def look_up(order: str) -> str:
    """Look an order up."""
    return f"{order} is on its way"


def a_call(number):
    function = {"name": "look_up", "arguments": f'{{"order": "A-{number}"}}'}
    return chat_answer("", tool_calls=[{"id": f"c{number}", "type": "function", "function": function}])


THREE_TURNS = [a_call(1), a_call(2), chat_answer("On its way.")]


def an_agent(url, kind=OpenAIChat, **fields):
    def build(prompt):
        model = kind(id="m", base_url=url, api_key=SECRET, max_retries=0, timeout=60, **fields)
        return Agent(model=model, system_message=prompt, resolve_in_context=False, telemetry=False, tools=[look_up])

    return build


@asynccontextmanager
async def night(tmp_path, build, *, day=21, budget=None, limiters=None):
    """A target and an evaluator on one journal, as a stage opens them."""
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", Night(target="t", run_date=date(2026, 11, day)))
    meter = Meter(BudgetPolicy(**budget or {}), journal.spent())
    journaled = AgentCalls(journal, meter, PRICES)
    target = Target(build, safe_tools=["*"], limiters=limiters, journaled=journaled)
    llm = LLM(PRICES, "any", journal=journal, meter=meter)
    try:
        yield Evaluator(target, Grader(GradingPolicy(use_llm_grader=False), llm), journal, meter, PRICES), journal, meter
    finally:
        await target.aclose()
        journal.close()


EXAMPLE = an_example("Where is my order?", expected_answer="On its way.", origin="correction")


@pytest.mark.parametrize("kind", [OpenAIChat, OpenAILike])
async def test_a_rollout_that_broke_off_in_its_third_turn_repeats_none_of_its_calls(tmp_path, kind):
    broken = [*THREE_TURNS[:2], error(503), *THREE_TURNS[2:]]
    async with answering(broken) as endpoint:
        async with night(tmp_path, an_agent(endpoint.url, kind)) as (evaluator, _, _):
            assert (await evaluator.run("Be brief.", EXAMPLE)).fault == "infrastructure"
        assert len(endpoint.sent) == 3
        async with night(tmp_path, an_agent(endpoint.url, kind)) as (evaluator, journal, meter):
            rollout = await evaluator.run("Be brief.", EXAMPLE)
            assert journal.spent().calls == meter.calls == {"agent": 3}
            assert (journal.spent().tokens, journal.spent().cost_usd) == (meter.tokens, meter.cost_usd) == (45, 45.0)
    assert len(endpoint.sent) == 4
    assert (rollout.answer, rollout.reward, rollout.llm_calls, rollout.cost_usd) == ("On its way.", 1.0, 3, 45.0)


async def test_what_is_answered_from_the_journal_is_what_was_answered(tmp_path):
    async with answering(THREE_TURNS) as endpoint:
        async with night(tmp_path, an_agent(endpoint.url)) as (evaluator, _, _):
            first = await evaluator._target.run("Be brief.", EXAMPLE)
        async with night(tmp_path, an_agent("http://127.0.0.1:9/v1")) as (evaluator, _, _):  # another port, and nobody there
            again = await evaluator._target.run("Be brief.", EXAMPLE)
    measured = {"latency_s": True, "executions": {"__all__": {"started_s", "ended_s"}}}
    assert again.model_dump(exclude=measured) == first.model_dump(exclude=measured)
    assert again.latency_s >= 0.5 * first.latency_s


ANOTHER = {
    "night": ({"day": 22}, {}, {}),
    "sample": ({}, {}, {"sample": 1}),
    "temperature": ({}, {"temperature": 0.7}, {}),
}


@pytest.mark.parametrize(("place", "fields", "sample"), ANOTHER.values(), ids=ANOTHER)
async def test_another_call_is_made_anew(tmp_path, place, fields, sample):
    async with answering([chat_answer("Two.")]) as endpoint:
        async with night(tmp_path, an_agent(endpoint.url)) as (evaluator, _, _):
            await evaluator._target.run("Be brief.", EXAMPLE)
        async with night(tmp_path, an_agent(endpoint.url, **fields), **place) as (evaluator, _, _):
            await evaluator._target.run("Be brief.", EXAMPLE, **sample)
    assert len(endpoint.sent) == 2


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_who_asks_and_from_where_is_no_part_of_the_question(tmp_path):
    async with answering([chat_answer("Two.")]) as endpoint:
        for fields in ({}, {"extra_headers": {"X-Key": SECRET}}, {"user": "me"}, {"extra_body": {"id_slot": 3}}):
            async with night(tmp_path, an_agent(endpoint.url, **fields)) as (evaluator, _, _):
                await evaluator._target.run("Be brief.", EXAMPLE)
    assert len(endpoint.sent) == 1
    assert endpoint.keys == [f"Bearer {SECRET}"]
    assert SECRET.encode() not in everything_in(tmp_path)


async def test_a_run_that_asks_the_same_twice_gets_two_answers(tmp_path):
    """An agent that wants a second opinion shall have one, and both are kept."""
    async with answering([chat_answer("Yes."), chat_answer("No.")]) as endpoint:
        for _ in range(2):
            async with night(tmp_path, an_agent(endpoint.url)) as (evaluator, _, _):
                note_model_calls()
                agent = evaluator._target.build("Be brief.")
                assert [(await agent.arun("Really?")).content for _ in range(2)] == ["Yes.", "No."]
    assert len(endpoint.sent) == 2


async def test_an_empty_purse_is_found_before_the_call_and_ends_more_than_the_rollout(tmp_path):
    async with answering(THREE_TURNS) as endpoint:
        async with night(tmp_path, an_agent(endpoint.url), budget={"max_calls": 2}) as (evaluator, _, _):
            with pytest.raises(BudgetExhausted, match="2 of 2 calls"):
                await evaluator.run("Be brief.", EXAMPLE)
        assert len(endpoint.sent) == 2
        async with night(tmp_path, an_agent(endpoint.url)) as (evaluator, _, _):
            assert (await evaluator.run("Be brief.", EXAMPLE)).answer == "On its way."
    assert len(endpoint.sent) == 3


async def test_equal_calls_at_the_same_moment_are_bought_once_and_at_the_endpoints_rate(tmp_path):
    limiters = Limiters(RatePolicy(max_concurrent=1))
    twins = [EXAMPLE, EXAMPLE.model_copy(update={"example_id": "real_s_msg_2"})]
    async with (
        answering([chat_answer("Two.")]) as endpoint,
        night(tmp_path, an_agent(endpoint.url), limiters=limiters) as (evaluator, _, _),
    ):
        rollouts = await asyncio.gather(*(evaluator.run("Be brief.", example) for example in twins))
    assert [rollout.answer for rollout in rollouts] == ["Two.", "Two."]
    assert len(endpoint.sent) == 1


@pytest.mark.parametrize(
    "broken", ["<html>Bad gateway</html>", {"error": {"message": "later"}, "choices": None}], ids=["page", "200"]
)
async def test_what_is_no_answer_is_not_kept(tmp_path, broken):
    script = [replace(chat_answer(""), body=broken), chat_answer("On its way.")]
    async with answering(script) as endpoint:
        for fault in ("infrastructure", None):
            async with night(tmp_path, an_agent(endpoint.url)) as (evaluator, _, _):
                assert (await evaluator.run("Be brief.", EXAMPLE)).fault == fault
    assert len(endpoint.sent) == 2
