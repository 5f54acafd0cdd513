"""What is evaluated is what is served: the message over the wire, the history, and nothing that remembers."""

import hashlib
import sqlite3

import pytest
from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.memory import MemoryManager
from agno.models.openai import OpenAIChat
from agno.team import Team

from nightschool.agent import Target
from nightschool.records import Message
from nightschool.simulator import SimulatorSettings, running
from tests.scripted_endpoint import answering, chat_answer
from tests.unit.agent.conftest import an_example

PROMPTS = {
    "plain": "Work step by step.",
    "braces": 'Answer as {"value": {x}} and {{y}} and {{{z}}} and {} {0}.',
    "dollars": "Costs $$5, $x, ${y} and $.",
    "lines": "First.\n\n  Second, indented.\n\tThird.\n",
    "spaces": "  Two in front, two behind.  ",
    "Vietnamese": "Bạn là một trợ lý AI giúp tôi giải quyết thắc mắc\nTrả lời: {số} 👍",
    "markup": "<instructions>\n- a\n</instructions> %s \\n `x`",
}


def plain(prompt, model, db):
    return Agent(model=model, system_message=prompt, resolve_in_context=False)


def with_db(prompt, model, db):
    return Agent(model=model, system_message=prompt, resolve_in_context=False, db=db, add_history_to_context=True)


def instructions(prompt, model, db):
    return Agent(model=model, instructions=prompt.split("\n"), resolve_in_context=False, db=db, markdown=True)


def resolving(prompt, model, db):
    return Agent(model=model, instructions=prompt, db=db, session_state={"x": "known"})


def agentic_memory(prompt, model, db):
    return Agent(model=model, instructions=prompt, resolve_in_context=False, db=db, enable_agentic_memory=True)


def memory_on_each_run(prompt, model, db):
    return Agent(model=model, instructions=prompt, resolve_in_context=False, db=db, update_memory_on_run=True)


def own_memory_manager(prompt, model, db):
    return Agent(model=model, instructions=prompt, resolve_in_context=False, memory_manager=MemoryManager(model=model, db=db))


def memory_without_words(prompt, model, db):
    return Agent(
        model=model,
        instructions=prompt,
        resolve_in_context=False,
        db=db,
        update_memory_on_run=True,
        add_memories_to_context=False,
    )


def summaries(prompt, model, db):
    return Agent(model=model, instructions=prompt, resolve_in_context=False, db=db, enable_session_summaries=True)


def learning(prompt, model, db):
    return Agent(model=model, instructions=prompt, resolve_in_context=False, db=db, learning=True)


def team(prompt, model, db):
    member = Agent(id="m", name="solver", role="solves", model=model, db=db, enable_agentic_memory=True)
    return Team(members=[member], model=model, instructions=prompt, resolve_in_context=False, db=db, update_memory_on_run=True)


KINDS = [
    plain,
    with_db,
    instructions,
    resolving,
    agentic_memory,
    memory_on_each_run,
    own_memory_manager,
    memory_without_words,
    summaries,
    learning,
    team,
]


@pytest.fixture
def database(tmp_path):
    return tmp_path / "agent.db"


def content_of(path):
    """All rows of all tables, in one digest; and the tables' names."""
    if not path.exists():
        return {}
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in tables}
    connection.close()
    return {name: hashlib.sha256("\n".join(found).encode()).hexdigest() for name, found in rows.items()}


@pytest.mark.parametrize(
    ("kind", "prompt"),
    [(kind, prompt) for kind in (with_db, instructions) for prompt in PROMPTS.values()]
    + [(kind, "\n".join(PROMPTS.values())) for kind in KINDS],
)
async def test_a_rollout_sends_the_system_message_of_production(kind, prompt, wire, database, example):
    async with running() as url, wire.client(url) as client:

        def build(text):
            return kind(text, OpenAIChat(id="simulated-1", async_client=client), SqliteDb(db_file=str(database)))

        production = build(prompt)
        await production.arun(example.question, user_id="somebody new")
        served = wire.sent[0]["messages"][0]
        if production.db:
            production.db.close()
        before, sent = content_of(database), len(wire.sent)
        target = Target(build)
        run = await target.run(prompt, example)
        await target.aclose()
    assert run.fault is None, run.error
    evaluated = wire.sent[sent]
    assert evaluated["messages"][0]["content"].encode() == served["content"].encode()
    assert evaluated["messages"][0]["role"] == served["role"]
    assert run.system_message == served["content"]
    assert evaluated.get("tools") == wire.sent[0].get("tools")
    assert content_of(database) == before
    if kind in (plain, with_db):
        assert served["content"] == prompt


async def test_nothing_is_written_by_many_runs(database, wire):
    async with running() as url, wire.client(url) as client:

        def build(prompt):
            db = SqliteDb(db_file=str(database))
            model = OpenAIChat(id="simulated-1", async_client=client)
            return Agent(
                model=model,
                db=db,
                system_message=prompt,
                resolve_in_context=False,
                enable_session_summaries=True,
                update_memory_on_run=True,
                memory_manager=MemoryManager(model=model, db=db),
                add_history_to_context=True,
                cache_session=True,
            )

        production = build("Be brief.")
        await production.arun("What do 12 lamps cost if a single one is 35000 VND?", session_id="s", user_id="u")
        before = content_of(database)
        assert len(before) >= 2
        target = Target(build)
        for number in range(4):
            assert (await target.run("Be brief.", an_example(f"What is {number} + 2?"))).llm_calls == 1
        await target.aclose()
    assert content_of(database) == before


async def test_one_rollout_is_a_stranger_to_the_next(wire):
    remember = {"id": "c", "type": "function"}
    remember["function"] = {"name": "update_user_memory", "arguments": '{"task": "The user likes short answers."}'}
    add = {"id": "d", "type": "function", "function": {"name": "add_memory", "arguments": '{"memory": "Likes short answers."}'}}
    script = [chat_answer("", tool_calls=[remember]), chat_answer("", tool_calls=[add]), chat_answer("ok"), chat_answer("fine")]
    async with answering(script) as endpoint, wire.client(endpoint.url.removesuffix("/v1")) as client:

        def build(prompt):
            model = OpenAIChat(id="m", async_client=client)
            return Agent(model=model, instructions=prompt, db=SqliteDb(db_url="sqlite://"), enable_agentic_memory=True)

        target = Target(build)
        await target.run("Be brief.", an_example("What is 1 + 2?"))
        wire.sent.clear()
        await target.run("Be brief.", an_example("What is 2 + 2?"))
    assert "have not had any interactions" in wire.sent[0]["messages"][0]["content"]
    assert "Likes short answers" not in str(wire.sent)


HISTORY = tuple(Message(role=("user", "assistant")[n % 2], content=f"message {n}") for n in range(10))


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, 0),
        ({"num_history_runs": 2}, 0),
        ({"add_history_to_context": True}, 6),
        ({"add_history_to_context": True, "num_history_runs": 2}, 4),
        ({"add_history_to_context": True, "num_history_messages": 3}, 3),
        ({"add_history_to_context": True, "num_history_runs": 50}, 10),
    ],
)
async def test_the_history_is_as_long_as_the_owner_lets_it_be(wire, fields, shown):
    async with running() as url, wire.client(url) as client:

        def build(prompt):
            model = OpenAIChat(id="simulated-1", async_client=client)
            return Agent(model=model, system_message=prompt, resolve_in_context=False, **fields)

        run = await Target(build).run("Be brief.", an_example("And now?", history=HISTORY))
    sent = [message["content"] for message in wire.sent[0]["messages"][1:]]
    assert sent == [message.content for message in HISTORY[10 - shown :]] + ["And now?"]
    assert run.llm_calls == 1
    assert len(run.messages) == shown + 2


def test_members_are_detached_however_deep(database):
    def build(prompt):
        db = SqliteDb(db_file=str(database))
        leaf = Agent(name="leaf", db=db, update_memory_on_run=True, memory_manager=MemoryManager(db=db))
        inner = Team(name="inner", members=[leaf], model=OpenAIChat(id="n", api_key="k"), db=db, enable_session_summaries=True)
        return Team(
            members=[inner, Agent(name="other", db=db)], model=OpenAIChat(id="m", api_key="k"), db=db, instructions=prompt
        )

    outer = Target(build).build("Be brief.")
    inner, other = outer.members
    leaf = inner.members[0]
    for member in (outer, inner, leaf, other):
        assert not isinstance(member.db, SqliteDb)
        assert member.telemetry is False
        assert not member.update_memory_on_run
        assert not member.enable_session_summaries
        assert member.model
    assert not isinstance(leaf.memory_manager.db, SqliteDb)
    assert (leaf.model, other.model) == (inner.model, outer.model)
    assert not database.exists()


def test_no_rollout_is_told_to_agno():
    built = Target(lambda prompt: Agent(model=OpenAIChat(id="m", api_key="k"), system_message=prompt, telemetry=True)).build("x")
    assert built.telemetry is False


async def test_a_client_of_the_owners_stays_open_and_one_of_ours_is_closed(wire, example):
    models = []
    async with running() as url, wire.client(url) as client:

        def build(prompt):
            own = {"async_client": client} if "shared" in prompt else {"base_url": f"{url}/v1", "api_key": "any"}
            models.append(OpenAIChat(id="simulated-1", **own))
            return Agent(model=models[-1], system_message=prompt, resolve_in_context=False)

        target = Target(build)
        await target.run("shared", example)
        await target.run("own", example)
        await target.aclose()
        shared, own = models
        assert not shared.async_client.is_closed()
        assert own.async_client.is_closed()


async def test_the_chat_of_a_run_is_kept_with_its_tool_calls(example):
    def calculator(expression: str):
        """Calculate."""
        return str(eval(expression))

    async with running(SimulatorSettings(seed=2)) as url:

        def build(prompt):
            model = OpenAIChat(id="simulated-1", base_url=f"{url}/v1", api_key="any", temperature=0)
            return Agent(model=model, system_message=prompt, tools=[calculator], resolve_in_context=False)

        target = Target(build, safe_tools=["calc*"])
        run = await target.run("Use your tools: the calculator for sums. Work step by step.", example)
        await target.aclose()
    user, call, result, answer = run.messages
    assert (user["role"], user["content"]) == ("user", example.question)
    assert call["tool_calls"][0]["function"]["name"] == "calculator"
    assert (result["role"], result["tool_call_id"]) == ("tool", call["tool_calls"][0]["id"])
    assert answer["content"] == run.answer
    assert (run.model, run.llm_calls) == ("simulated-1", 2)
    assert run.input_tokens > 0
    assert run.output_tokens > 0
