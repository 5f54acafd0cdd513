"""Agents of Agno 2 and 3, each in an environment of its own, made here from the package index: `make drill`."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from nightschool.agent import host_of
from nightschool.llm import AgentCalls, Journal, Limiters, Meter
from nightschool.records import Message, ModelPolicy, Night, RatePolicy, ToolCall
from tests.scripted_endpoint import answering, chat_answer, error
from tests.unit.agent.conftest import an_example
from tests.unit.agent.test_interpreter import FACTORY, calls_of

pytestmark = pytest.mark.drill


@pytest.fixture(scope="module", params=["2.9.0", "3.1.10"])
def python(request, tmp_path_factory):
    """An interpreter with this Agno and without anything of ours."""
    folder = tmp_path_factory.mktemp("agent")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    uv = Path(sys.executable).with_name("uv")
    packages = [f"agno=={request.param}", "openai", "sqlalchemy[asyncio]"]
    subprocess.run([uv, "--quiet", "pip", "install", "--python", folder / "bin" / "python", *packages], check=True)
    return str(folder / "bin" / "python")


async def test_an_agent_of_this_agno_is_run_and_cut_off(python, tmp_path, monkeypatch):
    (tmp_path / "tasks.py").write_text(FACTORY)
    monkeypatch.chdir(tmp_path)
    recorded = ToolCall(name="book_table", arguments='{"name": "lan"}', result="booked then")
    history = (Message(role="user", content="Hello."), Message(role="assistant", content="Hello!"))
    script = [chat_answer("At ten."), *calls_of("book_table"), calls_of("book_table")[0], error(503)]
    async with answering(script) as endpoint:
        monkeypatch.setenv("DESK_URL", endpoint.url)
        host = host_of("tasks:build", python)
        journal, meter = Journal(f"sqlite:///{tmp_path / 'journal.db'}", Night(target="t", run_date=date(2026, 11, 21))), Meter()
        paid = AgentCalls(journal, meter, ModelPolicy())
        target = host.target(timeout_s=60, max_llm_calls=50, safe_tools=(), limiters=Limiters(RatePolicy()), journaled=paid)
        asked = await target.run("Answer {x} $$.", an_example("When?", history=history))
        replayed = await target.run("P", an_example("Book it.", tool_calls=(recorded,)))
        divergent = await target.run("P", an_example("Book it."))
        outage = await target.run("P", an_example("Hello?"))
        await target.aclose()
    assert (meter.calls, meter.tokens, journal.spent() == meter.spent) == ({"agent": 4}, 60, True)
    journal.close()
    assert (asked.fault, asked.answer, asked.system_message) == (None, "At ten.", "Answer {x} $$."), asked.error
    assert [message["content"] for message in asked.messages[:3]] == ["Hello.", "Hello!", "When?"]
    assert (asked.llm_calls, asked.input_tokens, asked.output_tokens) == (1, 10, 5)
    assert (replayed.fault, replayed.answer) == (None, "Done."), replayed.error
    assert (divergent.fault, divergent.missing_tool) == ("divergent", "book_table")
    assert outage.fault == "infrastructure"
    assert not (tmp_path / "booked").exists()
    assert not (tmp_path / "memory.db").exists()
    traits = host.traits("P", ["book_*"])
    assert (traits.kind, traits.models, traits.unsafe_tools) == ("Agent desk", "small", ("crash", "sleep"))
