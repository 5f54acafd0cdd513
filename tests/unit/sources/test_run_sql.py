"""The SQL that reads whole columns gives the same turns as the code that reads one run at a time."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.dataset.connection import open_memory
from nightschool.sources import BadRow
from nightschool.sources.loading import RunLoader
from nightschool.sources.run_sql import RUN_COLUMNS
from nightschool.sources.tables import create_tables
from tests.source_reading import read_tables

TEXTS = st.text(st.characters(exclude_categories=["Cc"]), max_size=12) | st.sampled_from(
    ["", "[1]", "{", '{"a": 1}', "7", "true", "null", "đ 😀", "a\0b", "\ud83d", "\\u0000", '"', "x" * 2_100]
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "developer", "user", "assistant"]), "content": TEXTS | st.none()},
    optional={"from_history": st.booleans()},
)
TOOLS = st.fixed_dictionaries(
    {"tool_name": TEXTS | st.none(), "tool_args": DATA, "result": DATA}, optional={"tool_call_error": st.booleans() | st.none()}
)
RUNS = st.fixed_dictionaries(
    {},
    optional={
        "input": st.fixed_dictionaries({}, optional={"input_content": DATA | TEXTS | st.lists(MESSAGES, max_size=2)}) | DATA,
        "content": DATA | TEXTS,
        "status": st.sampled_from(["COMPLETED", "ERROR", "PAUSED", "", None]),
        "model": TEXTS | st.none(),
        "metrics": st.none()
        | st.fixed_dictionaries(
            {}, optional={"input_tokens": st.none() | st.integers(0, 10**6), "duration": st.floats(0, 99) | st.just("long")}
        ),
        "messages": st.none() | st.lists(MESSAGES, max_size=3),
        "session_state": DATA,
        "metadata": st.none()
        | st.fixed_dictionaries({}, optional={"rating": st.integers(-1, 6) | TEXTS, "feedback": TEXTS, "correction": TEXTS}),
        "tools": st.none() | st.lists(TOOLS, max_size=3) | DATA,
    },
)
ROWS = st.tuples(
    RUNS.map(json.dumps) | st.sampled_from(["", "[1]", '{"a', "null", '"x"']) | RUNS.map(json.dumps).map(str.encode),
    st.sampled_from([None, "COMPLETED", "ERROR", "CANCELLED"]),
    st.sampled_from([None, "team"]),
    st.sampled_from([None, "parent"]),
    st.sampled_from([1_760_000_000, 1_760_000_001_500, 1_760_000_002_000_000]),
)


def raw_run(number, data, status, team, parent, created_at):
    values = {"run_id": f"r{number}", "session_id": "s", "agent_id": "a", "team_id": team, "user_id": "u", "workflow_id": None}
    values |= {"parent_run_id": parent, "status": status, "run_index": number, "run_data": data, "created_at": created_at}
    return tuple(values[name] for name in RUN_COLUMNS)


def turns_of(runs, *, columnar, history_runs=10):
    with open_memory() as connection:
        create_tables(connection)
        RunLoader(connection, columnar=columnar).add(runs)
        return read_tables(connection, history_runs=history_runs)


def comparable(row):
    if isinstance(row, BadRow):
        return row
    calls = [(call.name, call.arguments, call.result, call.failed) for call in row.tool_calls]
    return row.model_copy(update={"tool_calls": calls})


@settings(max_examples=20, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=8))
def test_both_ways_give_the_same_turns(rows):
    runs = [raw_run(number, *row) for number, row in enumerate(rows)]
    one_by_one = [comparable(turn) for turn in turns_of(runs, columnar=False)]
    assert [comparable(turn) for turn in turns_of(runs, columnar=True)] == one_by_one


def plain_run(number, status="COMPLETED"):
    return raw_run(number, json.dumps({"input": {"input_content": f"q{number}"}, "content": f"a{number}"}), status, None, None, 1)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from(["COMPLETED", "COMPLETED", "ERROR"]), min_size=1, max_size=12), st.integers(0, 4))
def test_history_is_the_last_runs_that_did_not_fail(statuses, history_runs):
    runs = [plain_run(number, status) for number, status in enumerate(statuses)]
    for turn in turns_of(runs, columnar=True, history_runs=history_runs):
        shown = [number for number in range(turn.index) if statuses[number] == "COMPLETED"][-history_runs or len(runs) :]
        expected = [text for number in shown for text in (f"q{number}", f"a{number}")] if history_runs else []
        assert [message.content for message in turn.history] == expected


def test_a_run_in_which_nothing_was_said_leaves_nothing_in_the_history():
    nothing = [raw_run(number, "{}", None, None, None, 1_760_000_000 + number) for number in range(2)]
    asked = raw_run(2, json.dumps({"input": {"input_content": "q"}, "content": "a"}), None, None, None, 1_760_000_002)
    failed = raw_run(3, json.dumps({"input": {"input_content": "q3"}}), "ERROR", None, None, 1_760_000_003)
    for columnar in (True, False):
        turns = turns_of([*nothing, asked, failed], columnar=columnar)
        assert [[message.content for message in turn.history] for turn in turns] == [[], [], [], ["q", "a"]]


def test_one_odd_row_leaves_the_others_on_the_fast_way(monkeypatch):
    runs = [plain_run(number) for number in range(50)]
    runs[7] = (*runs[7][:-1], b"\xff")
    read_slowly = []
    monkeypatch.setattr(RunLoader, "add_one_by_one", lambda self, runs, **options: read_slowly.extend(runs))
    turns_of(runs, columnar=True)
    assert [run.run_id for run in read_slowly] == ["r7"]


@pytest.mark.parametrize("factor", [1, 1_000, 1_000_000, 1_000_000_000])
def test_times_in_smaller_units_are_recognised(factor):
    runs = [(1_760_000_000 * factor, *plain_run(0)[1:])]
    for columnar in (True, False):
        (turn,) = turns_of(runs, columnar=columnar)
        assert int(turn.created_at.timestamp()) == 1_760_000_000
