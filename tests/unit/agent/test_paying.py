"""Calls of models that do not speak OpenAI's protocol: each has its place in the budget before it is made."""

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import date

import httpx
import pytest
from agno.agent import Agent

from nightschool.agent import Target
from nightschool.errors import BudgetExhausted
from nightschool.evaluation import Evaluator
from nightschool.grading import Grader
from nightschool.llm import LLM, AgentCalls, Journal, Meter
from nightschool.records import BudgetPolicy, GradingPolicy, ModelPolicy, Night
from tests.unit.agent.conftest import an_example
from tests.unit.agent.other_model import OtherModel, says

PRICES = ModelPolicy(input_usd_per_mtok=1e6, output_usd_per_mtok=1e6, max_attempts=1)
EXAMPLE = an_example("Where is my order?", expected_answer="On its way.", origin="correction")


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("agno").setLevel(logging.CRITICAL)


def look_up(order: str) -> str:
    """Look an order up."""
    return f"{order} is on its way"


def a_call(number):
    function = {"name": "look_up", "arguments": f'{{"order": "A-{number}"}}'}
    return says("", tool_calls=[{"id": f"c{number}", "type": "function", "function": function}])


def three_turns():
    return [a_call(1), a_call(2), says("On its way.")]


@asynccontextmanager
async def night(tmp_path, model, **budget):
    """An evaluator of an agent with this model, and the meter and journal of its night."""
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", Night(target="t", run_date=date(2026, 11, 21)))
    meter = Meter(BudgetPolicy(**budget), journal.spent())

    def build(prompt):
        return Agent(model=model, system_message=prompt, resolve_in_context=False, telemetry=False, tools=[look_up])

    target = Target(build, safe_tools=["*"], journaled=AgentCalls(journal, meter, PRICES))
    llm = LLM(PRICES, "any", journal=journal, meter=meter)
    try:
        yield Evaluator(target, Grader(GradingPolicy(use_llm_grader=False), llm), journal, meter, PRICES), meter, journal
    finally:
        await target.aclose()
        journal.close()


async def test_each_call_is_paid_once_and_the_rollout_kept_when_it_is_finished(tmp_path):
    model = OtherModel(script=three_turns())
    for _ in range(2):
        async with night(tmp_path, model) as (evaluator, meter, journal):
            rollout = await evaluator.run("Be brief.", EXAMPLE)
            assert (rollout.answer, rollout.reward, rollout.llm_calls, rollout.cost_usd) == ("On its way.", 1.0, 3, 45.0)
            assert journal.spent() == meter.spent
            assert (meter.calls, meter.tokens, meter.cost_usd) == ({"agent": 3}, 45, 45.0)
    assert len(model.made) == 3


async def test_an_empty_purse_is_found_before_the_call_and_what_was_paid_is_remembered(tmp_path):
    model = OtherModel(script=three_turns())
    async with night(tmp_path, model, max_calls=2) as (evaluator, _, _):
        with pytest.raises(BudgetExhausted, match="2 of 2 calls"):
            await evaluator.run("Be brief.", EXAMPLE)
    assert len(model.made) == 2
    async with night(tmp_path, model, max_calls=2) as (evaluator, meter, _):
        assert (meter.calls, meter.tokens) == ({"agent": 2}, 30), "a rollout that broke off has been paid for"
        with pytest.raises(BudgetExhausted, match="2 of 2 calls"):
            await evaluator.run("Be brief.", EXAMPLE)
    assert len(model.made) == 2


@pytest.mark.parametrize(
    ("budget", "said"),
    [({"max_tokens": 120}, "0 of 120 tokens"), ({"max_cost_usd": 120.0}, r"\$0.00 of \$120.00")],
    ids=["tokens", "cost"],
)
async def test_the_most_that_a_model_may_write_is_reserved_before_the_first_call(tmp_path, budget, said):
    model = OtherModel(max_tokens=100, script=[says("On its way.")])
    async with night(tmp_path, model, **budget) as (evaluator, _, _):
        with pytest.raises(BudgetExhausted, match=said):
            await evaluator.run("Be brief.", EXAMPLE)
    assert model.made == []


async def test_rollouts_side_by_side_make_no_call_too_many(tmp_path):
    model = OtherModel(script=[says("On its way.")])
    asked = [EXAMPLE.model_copy(update={"example_id": f"real_s_msg_{number}"}) for number in range(8)]
    async with night(tmp_path, model, max_calls=3) as (evaluator, _, _):
        ended = await asyncio.gather(*(evaluator.run("Be brief.", one) for one in asked), return_exceptions=True)
    assert len(model.made) == 3
    assert [type(end) for end in ended].count(BudgetExhausted) == 5


async def test_an_answer_that_tells_no_tokens_is_counted_by_an_estimate(tmp_path):
    model = OtherModel(script=[says("On its way.", 0, 0)])
    async with night(tmp_path, model) as (evaluator, meter, journal):
        await evaluator.run("Be brief.", EXAMPLE)
        assert 10 < meter.tokens == journal.spent().tokens < 100


async def test_a_call_that_failed_is_not_counted_and_gives_its_place_back(tmp_path):
    model = OtherModel(script=[ConnectionError("nobody there"), says("On its way.")])
    async with night(tmp_path, model, max_calls=1) as (evaluator, meter, journal):
        assert (await evaluator.run("Be brief.", EXAMPLE)).fault == "infrastructure"
        assert (await evaluator.run("Be brief.", EXAMPLE)).answer == "On its way."
        assert journal.spent() == meter.spent
        assert meter.calls == {"agent": 1}


class Refused(Exception):
    """As clients of endpoints raise it, each in a class of its own."""

    def __init__(self, status_code):
        self.status_code = status_code


OUTAGES = [httpx.ConnectError("no"), httpx.ReadTimeout("no"), ConnectionRefusedError(), TimeoutError()]


@pytest.mark.parametrize("error", [*OUTAGES, Refused(429), Refused(500), Refused(529)], ids=repr)
async def test_an_outage_that_a_models_own_client_tells_is_no_fault_of_the_agent(tmp_path, error):
    async with night(tmp_path, OtherModel(script=[error])) as (evaluator, _, _):
        assert (await evaluator.run("Be brief.", EXAMPLE)).fault == "infrastructure"


@pytest.mark.parametrize("error", [Refused(400), Refused(None), ValueError("no")], ids=repr)
async def test_what_else_a_models_own_client_raises_is(tmp_path, error):
    async with night(tmp_path, OtherModel(script=[error])) as (evaluator, _, _):
        assert (await evaluator.run("Be brief.", EXAMPLE)).fault == "agent"
