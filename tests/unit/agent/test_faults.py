"""Whose fault a failed run is: each row of the table, by what really goes over HTTP."""

import asyncio
import logging
import time
from contextlib import asynccontextmanager

import pytest
from agno.agent import Agent
from agno.models.openai import OpenAIChat
from agno.team import Team

from nightschool.agent import Target
from nightschool.llm import Limiters
from nightschool.records import RatePolicy
from nightschool.simulator import FaultRates, SimulatorSettings, running
from tests.scripted_endpoint import Answer, answering, chat_answer, error
from tests.unit.agent.conftest import an_example


@pytest.fixture(autouse=True)
def quiet():
    """Agno logs each failure; here they are meant."""
    for name in ("agno", "agno-team"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def an_agent(url, model_timeout_s=60, **fields):
    def build(prompt):
        model = OpenAIChat(id="simulated-1", base_url=f"{url}/v1", api_key="any", max_retries=0, timeout=model_timeout_s)
        return Agent(model=model, system_message=prompt, resolve_in_context=False, telemetry=False, **fields)

    return build


@asynccontextmanager
async def at(factory, timeout_s=60, **limits):
    target = Target(factory, timeout_s=timeout_s, safe_tools=["*"], **limits)
    try:
        yield target
    finally:
        await target.aclose()


async def run_against(settings, example):
    model_timeout_s = 0.5 if settings.faults.hanging else 60
    async with running(settings) as url, at(an_agent(url, model_timeout_s)) as target:
        return await target.run("Work step by step.", example)


SIMULATED = {
    "429": ({"faults": FaultRates(rate_limited=1), "retry_after_s": 0}, "infrastructure", "Rate limit reached"),
    "500": ({"faults": FaultRates(server_error=1)}, "infrastructure", "The simulated server had an error"),
    "dropped": ({"faults": FaultRates(dropped=1)}, "infrastructure", "Connection error"),
    "hanging": ({"faults": FaultRates(hanging=1)}, "infrastructure", "Request timed out"),
    "malformed": ({"faults": FaultRates(malformed=1)}, "infrastructure", "Unterminated string"),
    "wrong key": ({"api_key": "another"}, "infrastructure", "Incorrect API key"),
    "no such model": ({"models": ("other",)}, "infrastructure", "does not exist"),
    "too long": ({"context_tokens": 16}, "agent", "maximum context length"),
    "empty": ({"faults": FaultRates(empty=1)}, "agent", "ended without an answer"),
}


@pytest.mark.parametrize(("settings", "fault", "said"), SIMULATED.values(), ids=SIMULATED)
async def test_each_fault_at_the_model_has_its_side(example, settings, fault, said):
    run = await run_against(SimulatorSettings(**settings), example)
    assert (run.fault, run.answer) == (fault, "")
    assert said in run.error
    assert run.llm_calls == 1
    assert run.latency_s > 0


@pytest.mark.parametrize(
    ("status", "fault"),
    [(400, "agent"), (422, "agent"), (403, "infrastructure"), (408, "infrastructure"), (503, "infrastructure")],
)
async def test_each_status_has_its_side(example, status, fault):
    async with answering([error(status)]) as endpoint, at(an_agent(endpoint.url.removesuffix("/v1"))) as target:
        assert (await target.run("Be brief.", example)).fault == fault


async def test_nobody_at_the_address_is_infrastructure(example):
    async with at(an_agent("http://127.0.0.1:9")) as target:
        assert (await target.run("Be brief.", example)).fault == "infrastructure"


async def test_a_run_that_takes_too_long_is_the_agents_fault(example):
    async def never(question):
        """Think about it."""
        await asyncio.Event().wait()

    call = {"id": "c", "type": "function", "function": {"name": "never", "arguments": '{"question": "x"}'}}
    async with answering([chat_answer("", tool_calls=[call])]) as endpoint:
        factory = an_agent(endpoint.url.removesuffix("/v1"), tools=[never])
        async with at(factory, timeout_s=1.5) as target:
            run = await target.run("Be brief.", example)
    assert (run.fault, run.error, run.llm_calls) == ("agent", "no answer within 1.5 s", 1)
    assert 1.5 <= run.latency_s < 60
    assert (run.unpaid_calls, run.input_tokens, run.unpaid_output_tokens) == (1, 10, 5), "what it used before is not lost"


async def test_an_agent_that_loops_on_its_tools_is_stopped_after_so_many_calls(example):
    def look_up(order: str) -> str:
        """Look an order up."""
        return "not found"

    async with answering([chat_answer("", tool_calls=[tool_call("look_up", {"order": "A-1"})])]) as endpoint:
        factory = an_agent(endpoint.url.removesuffix("/v1"), tools=[look_up])
        async with at(factory, max_llm_calls=4) as target:
            run = await target.run("Be brief.", example)
    assert (run.fault, run.error) == ("agent", "more than 4 model calls in one rollout (rollouts.max_llm_calls)")
    assert (len(endpoint.sent), run.llm_calls, run.unpaid_calls, run.input_tokens) == (4, 4, 4, 40)


async def test_a_team_that_delegates_without_end_is_stopped_with_its_members(example):
    delegate = chat_answer("", tool_calls=[tool_call("delegate_task_to_member", {"member_id": "solver", "task": "Solve it."})])
    script = [delegate, chat_answer("Hm."), delegate, chat_answer("Hm."), delegate, chat_answer("Hm."), chat_answer("Sorry.")]
    async with answering(script) as endpoint, at(a_team(endpoint.url), max_llm_calls=4) as target:
        run = await target.run("Delegate.", example)
    assert (run.fault, run.answer, len(endpoint.sent), run.llm_calls) == ("agent", "", 4, 4)


async def test_as_many_calls_as_there_may_be_are_no_fault(example):
    delegate = chat_answer("", tool_calls=[tool_call("delegate_task_to_member", {"member_id": "solver", "task": "Solve it."})])
    script = [delegate, chat_answer("420000"), chat_answer("It is 420000 VND.")]
    async with answering(script) as endpoint, at(a_team(endpoint.url), max_llm_calls=3) as target:
        run = await target.run("Delegate.", example)
    assert (run.fault, run.answer) == (None, "It is 420000 VND.")


async def test_a_tool_that_raises_is_the_models_to_handle(example):
    def calculator(expression: str):
        """Calculate."""
        raise ZeroDivisionError(expression)

    async with running(SimulatorSettings(seed=2)) as url, at(an_agent(url, tools=[calculator])) as target:
        run = await target.run("Use the calculator, work step by step.", example)
    assert run.fault is None
    assert run.answer
    assert run.llm_calls == 2
    assert [message["role"] for message in run.messages] == ["user", "assistant", "tool", "assistant"]


def refuse(run_input):
    from agno.exceptions import CheckTrigger, InputCheckError

    raise InputCheckError("not here", check_trigger=CheckTrigger.OFF_TOPIC)


def explode(run_input):
    raise KeyError("customer")


@pytest.mark.parametrize("hook", [refuse, explode])
async def test_code_of_the_agent_that_raises_is_the_agents_fault(example, hook):
    async with running() as url, at(an_agent(url, pre_hooks=[hook])) as target:
        run = await target.run("Be brief.", example)
    assert run.fault == "agent" or (hook is explode and run.answer)  # Agno goes on after a hook that only breaks


async def test_an_input_that_the_agent_refuses_is_its_fault(example):
    from pydantic import BaseModel

    class Order(BaseModel):
        number: int

    async with running() as url, at(an_agent(url, input_schema=Order)) as target:
        run = await target.run("Be brief.", example)
    assert run.fault == "agent"
    assert run.error


async def test_an_outage_that_was_got_over_is_no_fault(example):
    async with (
        answering([error(500), chat_answer("420000 VND")]) as endpoint,
        at(an_agent(endpoint.url.removesuffix("/v1"), retries=1, delay_between_retries=0)) as target,
    ):
        run = await target.run("Be brief.", example)
    assert (run.fault, run.answer, run.llm_calls) == (None, "420000 VND", 2)


async def test_a_failure_after_an_outage_that_was_got_over_is_the_agents_own(example):
    script = [error(500), chat_answer(" ")]
    async with (
        answering(script) as endpoint,
        at(an_agent(endpoint.url.removesuffix("/v1"), retries=1, delay_between_retries=0)) as target,
    ):
        run = await target.run("Be brief.", example)
    assert (run.fault, run.error) == ("agent", "the run ended without an answer")


def reject(run_output):
    from agno.exceptions import CheckTrigger, OutputCheckError

    raise OutputCheckError("not so", check_trigger=CheckTrigger.OUTPUT_NOT_ALLOWED)


async def test_a_guardrail_that_rejects_after_such_an_outage_is_the_agents_own(example):
    async with (
        answering([error(500), chat_answer("Hm.")]) as endpoint,
        at(an_agent(endpoint.url.removesuffix("/v1"), retries=1, delay_between_retries=0, post_hooks=[reject])) as target,
    ):
        run = await target.run("Be brief.", example)
    assert (run.fault, run.answer) == ("agent", "")


async def test_a_member_that_met_an_outage_leaves_the_teams_answer_unscored(example):
    delegate = {"member_id": "solver", "task": "Solve it."}
    script = [chat_answer("", tool_calls=[tool_call("delegate_task_to_member", delegate)]), error(503), chat_answer("Sorry.")]
    async with answering(script) as endpoint, at(a_team(endpoint.url)) as target:
        run = await target.run("Delegate.", example)
    assert run.llm_calls == 3
    assert run.fault == "infrastructure"


async def test_a_team_with_healthy_members_answers(example):
    delegate = {"member_id": "solver", "task": "Solve it."}
    script = [
        chat_answer("", tool_calls=[tool_call("delegate_task_to_member", delegate)]),
        chat_answer("420000"),
        chat_answer("It is 420000 VND."),
    ]
    async with answering(script) as endpoint, at(a_team(endpoint.url)) as target:
        run = await target.run("Delegate.", example)
    assert (run.fault, run.answer, run.llm_calls) == (None, "It is 420000 VND.", 3)
    assert (run.input_tokens, run.output_tokens) == (30, 15)


def a_team(url):
    def build(prompt):
        def model():
            return OpenAIChat(id="m", base_url=url, api_key="any", max_retries=0)

        solver = Agent(id="solver", name="solver", role="solves", model=model(), telemetry=False)
        return Team(members=[solver], model=model(), system_message=prompt, resolve_in_context=False, telemetry=False)

    return build


def tool_call(name, arguments):
    import json

    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


async def test_runs_side_by_side_keep_their_own_faults():
    script = [error(503) if number % 2 else chat_answer("fine") for number in range(16)]
    async with answering(script) as endpoint, at(an_agent(endpoint.url.removesuffix("/v1"))) as target:
        runs = await asyncio.gather(*(target.run("Be brief.", an_example(f"Question {n}?")) for n in range(16)))
    assert sorted(run.fault or "" for run in runs) == [""] * 8 + ["infrastructure"] * 8
    assert all((run.answer == "fine") is (run.fault is None) for run in runs)


async def test_an_answer_with_a_schema_is_json(example):
    from pydantic import BaseModel

    class Price(BaseModel):
        amount: int
        unit: str

    script = [chat_answer('{"amount": 420000, "unit": "đồng"}')]
    async with answering(script) as endpoint, at(an_agent(endpoint.url.removesuffix("/v1"), output_schema=Price)) as target:
        run = await target.run("Be brief.", example)
    assert run.answer == '{"amount":420000,"unit":"đồng"}'


async def test_an_endpoint_that_answers_with_a_page_scores_nobody(example):
    async with (
        answering([Answer("<html>Bad gateway</html>")]) as endpoint,
        at(an_agent(endpoint.url.removesuffix("/v1"))) as target,
    ):
        assert (await target.run("Be brief.", example)).fault == "infrastructure"


async def test_a_wait_for_the_endpoints_rate_is_not_the_agents_slowness(example):
    async with answering([chat_answer("Two.")]) as endpoint:
        limiters = Limiters(RatePolicy())
        limiters.of(endpoint.url).failed(retry_after_s=1.6)
        target = Target(an_agent(endpoint.url.removesuffix("/v1")), timeout_s=1.5, limiters=limiters)
        run = await target.run("Be brief.", example)
        await target.aclose()
    assert (run.answer, run.fault) == ("Two.", None)
    assert run.latency_s < 1.5


async def test_an_outage_of_one_rollout_is_told_to_all(example):
    async with answering([error(429, **{"Retry-After": "30"})]) as endpoint:
        limiters = Limiters(RatePolicy())
        target = Target(an_agent(endpoint.url.removesuffix("/v1")), limiters=limiters)
        await target.run("Be brief.", example)
        await target.aclose()
        assert limiters.of(endpoint.url)._not_before > time.monotonic() + 20


async def test_what_the_agent_does_after_its_answer_has_no_time_out_to_hold_back(example):
    async with answering([chat_answer("Two.")]) as endpoint, at(an_agent(endpoint.url.removesuffix("/v1"))) as target:
        assert (await target.run("Be brief.", example)).answer == "Two."
        assert (await target.build("Be brief.").arun("And then?")).content == "Two."
