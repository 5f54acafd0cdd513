"""An agent in an interpreter of its own is run, cut off and blamed like any other; the worker may die."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.request
from contextlib import asynccontextmanager
from datetime import date

import pytest

from nightschool.agent import host_of
from nightschool.agent.interpreter import InterpreterTarget, process
from nightschool.errors import BudgetExhausted, ConfigError
from nightschool.llm import AgentCalls, Journal, Limiter, Limiters, Meter
from nightschool.records import BudgetPolicy, Message, ModelPolicy, Night, RatePolicy, ToolCall
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.scripted_endpoint import answering, chat_answer, error
from tests.unit.agent.conftest import an_example

FACTORY = """
import os, pathlib, sys, time
from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai import OpenAILike

print("imported", file=sys.stdout)  # must not end up among the answers
HERE = pathlib.Path(__file__).parent

def book_table(name: str) -> str:
    (HERE / "booked").touch()
    return "booked"

def crash(name: str) -> str:
    os._exit(9)

def sleep(name: str) -> str:
    time.sleep(60)

def build(prompt="You help."):
    if prompt == "raise":
        raise RuntimeError("no such prompt")
    return Agent(
        id="desk",
        model=OpenAILike(id="small", base_url=os.environ["DESK_URL"], api_key="any", max_retries=0),
        system_message=prompt,
        resolve_in_context=False,
        tools=[book_table, crash, sleep],
        db=SqliteDb(db_file=str(HERE / "memory.db")),
        add_history_to_context=True,
    )
"""


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """The owner's folder, with the agent's package in it."""
    (tmp_path / "tasks.py").write_text(FACTORY)  # a name that ours has, too
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESK_URL", "http://127.0.0.1:9/v1")
    process.describe.cache_clear()
    return tmp_path


def a_target(timeout_s=30.0, safe_tools=(), **limits):
    return InterpreterTarget(sys.executable, "tasks:build", timeout_s=timeout_s, safe_tools=safe_tools, **limits)


def calls_of(name):
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": '{"name": "Lan"}'}}
    return [chat_answer("", tool_calls=[call]), chat_answer("Done.")]


async def test_it_is_asked_cut_off_and_blamed_like_any_other(desk, monkeypatch):
    recorded = ToolCall(name="book_table", arguments='{"name": "lan"}', result="booked then")
    history = (Message(role="user", content="Hello."), Message(role="assistant", content="Hello!"))
    script = [chat_answer("At ten."), *calls_of("book_table"), calls_of("book_table")[0], error(503), error(400)]
    script += [calls_of("crash")[0], chat_answer("Here again."), *3 * calls_of("book_table")[:1]]
    async with answering(script) as endpoint:
        monkeypatch.setenv("DESK_URL", endpoint.url)
        target = a_target(safe_tools=["crash"], max_llm_calls=3)
        asked = await target.run("Answer {x} $$.", an_example("When?", history=history))
        replayed = await target.run("P", an_example("Book it.", tool_calls=(recorded,)))
        divergent = await target.run("P", an_example("Book it."))
        outage = await target.run("P", an_example("Hello?"))
        refused = await target.run("P", an_example("Hello?"))
        with pytest.raises(ConfigError, match="raised RuntimeError: no such prompt"):
            await target.run("raise", an_example("Hello?"))
        died = await target.run("P", an_example("Crash."))
        alive = await target.run("P", an_example("Hello?"))
        endless = await target.run("P", an_example("Book it.", tool_calls=(recorded,)))
        await target.aclose()
    assert (asked.fault, asked.answer, asked.system_message) == (None, "At ten.", "Answer {x} $$.")
    assert [message["content"] for message in asked.messages[:3]] == ["Hello.", "Hello!", "When?"]
    assert (asked.llm_calls, asked.unpaid_calls, asked.unpaid_input_tokens, asked.unpaid_output_tokens) == (1, 1, 10, 5)
    assert (replayed.fault, replayed.answer, replayed.llm_calls) == (None, "Done.", 2)
    assert (divergent.fault, divergent.missing_tool) == ("divergent", "book_table")
    assert (outage.fault, refused.fault) == ("infrastructure", "agent")
    assert (died.fault, "exit code 9" in died.error) == ("infrastructure", True), died.error
    assert (alive.fault, alive.answer) == (None, "Here again."), "it was started anew"
    assert (endless.fault, "more than 3 model calls" in endless.error) == ("agent", True), endless.error
    assert (endless.llm_calls, endless.unpaid_calls, endless.unpaid_input_tokens) == (3, 3, 30)
    assert not (desk / "booked").exists()
    assert not (desk / "memory.db").exists()


@pytest.mark.drill
async def test_an_agent_that_holds_its_interpreter_is_stopped_and_blamed(desk, monkeypatch):
    monkeypatch.setattr("nightschool.agent.interpreter.target.GRACE_S", 0.1)
    async with answering([calls_of("sleep")[0], chat_answer("Here again.")]) as endpoint:
        monkeypatch.setenv("DESK_URL", endpoint.url)
        target = a_target(timeout_s=5.0, safe_tools=["sleep"])
        stuck = await target.run("P", an_example("Sleep."))
        alive = await target.run("P", an_example("Hello?"))
        await target.aclose()
    assert (stuck.fault, "had to be stopped" in stuck.error) == ("agent", True)
    assert alive.answer == "Here again."


def test_both_hosts_say_the_same_of_one_agent(desk, monkeypatch):
    (desk / "desk_of_ours.py").write_text(FACTORY)
    monkeypatch.syspath_prepend(desk)
    here, there = host_of("desk_of_ours:build"), host_of("desk_of_ours:build", sys.executable)
    traits = there.traits("P", ["book_*"])
    assert (traits.kind, traits.models, traits.tools) == ("Agent desk", "small", ("book_table", "crash", "sleep"))
    assert traits.unsafe_tools == ("crash", "sleep")
    assert here.traits("P", ["book_*"]) == traits
    assert here.default_prompt() == there.default_prompt() == "You help."
    assert here.code_digest() == there.code_digest()


@pytest.mark.parametrize(
    ("python", "factory", "said"),
    [
        ("/nowhere/python", "plain:build", "can't run the agent"),
        ("/bin/true", "plain:build", "can't run the agent"),
        (sys.executable, "plain:nothing", "has no 'nothing'"),
        (sys.executable, "nowhere:build", "can't be imported"),
    ],
)
async def test_what_can_not_be_used_is_said_before_anything_runs(desk, python, factory, said):
    (desk / "plain.py").write_text("def build(prompt): ...")
    with pytest.raises(ConfigError, match=said):
        host_of(factory, python).default_prompt()
    target = host_of(factory, python).target(
        timeout_s=5, max_llm_calls=50, safe_tools=(), limiters=Limiters(RatePolicy()), journaled=None
    )
    with pytest.raises(ConfigError, match=said):
        await target.run("P", an_example("Hello?"))
    await target.aclose()


@asynccontextmanager
async def paid(tmp_path, timeout_s=30.0, limiters=None, **budget):
    """The target with a night's meter and journal, as a stage opens them."""
    night = Night(target="t", run_date=date(2026, 11, 21))
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", night)
    meter = Meter(BudgetPolicy(**budget), journal.spent())
    paying = {"limiters": limiters, "journaled": AgentCalls(journal, meter, ModelPolicy())}
    target = a_target(timeout_s, safe_tools=["*"], **paying)
    try:
        yield target, meter, journal
    finally:
        await target.aclose()
        journal.close()


async def test_its_calls_are_paid_one_by_one_before_they_are_made(desk, monkeypatch):
    recorded = ToolCall(name="book_table", arguments='{"name": "lan"}', result="booked then")
    booking = an_example("Book it.", tool_calls=(recorded,))
    async with answering([*calls_of("book_table"), error(503), *calls_of("book_table")]) as endpoint:
        monkeypatch.setenv("DESK_URL", endpoint.url)
        async with paid(desk, max_calls=3) as (target, meter, journal):
            done, outage = await target.run("P", booking), await target.run("P", an_example("Hello?"))
            assert (meter.calls, meter.tokens) == ({"agent": 2}, 30)
            with pytest.raises(BudgetExhausted, match="3 of 3 calls"):
                await target.run("P", booking)
            assert journal.spent() == meter.spent
            assert meter.calls == {"agent": 3}
        assert len(endpoint.sent) == 4
        async with paid(desk, max_calls=3) as (target, _, _):  # the same night again: what broke off has been paid for
            with pytest.raises(BudgetExhausted, match="3 of 3 calls"):
                await target.run("P", booking)
    assert len(endpoint.sent) == 4
    assert (done.answer, done.llm_calls, done.unpaid_calls, done.unpaid_input_tokens, done.input_tokens) == ("Done.", 2, 0, 0, 20)
    assert (outage.fault, outage.unpaid_calls) == ("infrastructure", 0)


async def test_calls_before_its_interpreter_died_are_paid_and_no_place_stays_taken(desk, monkeypatch):
    async with answering([calls_of("crash")[0], chat_answer("Here again.")]) as endpoint:
        monkeypatch.setenv("DESK_URL", endpoint.url)
        async with paid(desk, max_calls=2) as (target, meter, _):
            died = await target.run("P", an_example("Crash."))
            assert (died.fault, meter.calls) == ("infrastructure", {"agent": 1})
            assert (await target.run("P", an_example("Hello?"))).answer == "Here again."


async def test_runs_side_by_side_make_no_call_too_many_over_there(desk, monkeypatch):
    async with answering([chat_answer("At ten.")]) as endpoint:
        monkeypatch.setenv("DESK_URL", endpoint.url)
        async with paid(desk, max_calls=3) as (target, _, _):
            runs = (target.run("P", an_example(f"Question {number}?")) for number in range(8))
            ended = await asyncio.gather(*runs, return_exceptions=True)
    assert len(endpoint.sent) == 3
    assert [type(end) for end in ended].count(BudgetExhausted) == 5


def counts_at(url):
    with urllib.request.urlopen(f"{url}/simulator/counts") as answered:
        return json.load(answered)


async def test_its_endpoint_is_asked_at_the_rate_that_all_keep(desk, monkeypatch):
    limiters = Limiters(RatePolicy(max_concurrent=2))
    with start_in_thread(SimulatorSettings(models=("small",), latency_ms=50, jitter=0)) as url:
        monkeypatch.setenv("DESK_URL", f"{url}/v1")
        async with paid(desk, limiters=limiters) as (target, meter, _):
            runs = await asyncio.gather(*(target.run("P", an_example(f"What do {number} lamps cost?")) for number in range(8)))
        counts = counts_at(url)
    assert [run.fault for run in runs] == [None] * 8
    assert counts["agent"] == meter.calls["agent"] >= 8
    assert counts["peak_in_flight"] == 2


async def test_an_outage_over_there_is_told_to_all_and_a_wait_for_the_rate_is_not_its_slowness(desk, monkeypatch):
    limiters = Limiters(RatePolicy())
    async with answering([chat_answer("One."), chat_answer("Two."), error(429, **{"Retry-After": "30"})]) as endpoint:
        monkeypatch.setenv("DESK_URL", endpoint.url)
        limiter = limiters.of(endpoint.url)
        async with paid(desk, timeout_s=4.0, limiters=limiters) as (target, _, _):
            await target.run("P", an_example("Which is first?"))  # builds the agent
            limiter.failed(retry_after_s=4.4)
            late = await target.run("P", an_example("Which is next?"))
            assert (late.answer, late.fault) == ("Two.", None)
            assert late.latency_s < 4.0
            assert (await target.run("P", an_example("And then?"))).fault == "infrastructure"
            assert limiter._not_before > time.monotonic() + 20


async def test_an_interpreter_that_dies_while_a_call_waits_for_its_turn_is_an_outage(desk):
    waits = asyncio.Event()

    async def sleep(_):
        waits.set()
        await asyncio.Event().wait()

    limiters, limiter = Limiters(RatePolicy()), Limiter(sleep=sleep)
    limiters._by_address["http://127.0.0.1:9/v1"] = limiter
    limiter.failed(retry_after_s=60)
    async with paid(desk, limiters=limiters, max_calls=1) as (target, meter, _):
        run = asyncio.create_task(target.run("P", an_example("Hello?")))
        await waits.wait()
        assert meter._reserved.calls == 1
        await target.aclose()
        assert (await run).fault == "infrastructure"
        assert meter._reserved.calls == 0
