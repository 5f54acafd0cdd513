"""How turns are put in order: threads together, a part at a time, whatever the order of the rows."""

import json

import pytest

from nightschool.dataset import turns_table
from nightschool.dataset.connection import open_memory
from nightschool.dataset.judging import judge_turns
from nightschool.sources import tables
from nightschool.sources.loading import RunLoader
from nightschool.sources.run_sql import RUN_COLUMNS
from nightschool.sources.tables import create_tables
from tests.source_reading import SALT, read_tables

RUNS = 60


def run(number, session):
    data = json.dumps({"input": {"input_content": f"q{number}"}, "content": f"a{number}"})
    known = {
        "run_id": f"r{number}",
        "session_id": session,
        "agent_id": "a",
        "run_index": number,
        "created_at": 1_760_000_000 + number,
    }
    return tuple((known | {"run_data": data}).get(name) for name in RUN_COLUMNS)


def nameless(question):
    data = json.dumps({"input": {"input_content": question}, "content": "a"})
    known = dict(zip(RUN_COLUMNS, run(5, "s"), strict=True))
    return tuple((known | {"run_id": None, "run_data": data}).values())


def loaded(connection, runs, *, page_rows=RUNS):
    create_tables(connection)
    for start in range(0, len(runs), page_rows):
        RunLoader(connection).add(runs[start : start + page_rows])


# Sessions that end soon, and such that last for the whole window: then the parts are one.
@pytest.fixture(params=[lambda number: number // 4, lambda number: number % 5], ids=["short", "long"])
def runs(request, monkeypatch):
    monkeypatch.setattr(turns_table, "_BUCKET_ROWS", 7)
    return [run(number, f"s{request.param(number)}") for number in range(RUNS)]


def test_a_thread_is_never_cut(runs, monkeypatch):
    monkeypatch.setattr(tables, "_ROWS_OF_A_FILE", 25)  # two pages are files, the last one is not
    with open_memory() as connection:
        loaded(connection, runs, page_rows=25)
        turns = read_tables(connection)
    assert len(turns) == RUNS
    for turn in turns:
        earlier = [one for one in turns if one.session_id == turn.session_id and one.index < turn.index][-10:]
        expected = [text for one in earlier for text in (one.question, one.answer)]
        assert [message.content for message in turn.history] == expected


def test_neither_the_order_of_the_rows_nor_threads_nor_files_change_a_byte(runs, tmp_path, monkeypatch):
    written = set()
    for threads, rows, rows_of_a_file in ((1, runs, 99), (2, runs, 1), (2, runs[::-1], 99), (4, runs[30:] + runs[:30], 1)):
        monkeypatch.setattr(tables, "_ROWS_OF_A_FILE", rows_of_a_file)
        with open_memory(threads=threads) as connection:
            loaded(connection, rows)
            judge_turns(connection, {}, SALT)
            turns_table.write_turns(connection, tmp_path / "turns.parquet", history_runs=10)
            written.add((tmp_path / "turns.parquet").read_bytes())
    assert len(written) == 1


@pytest.mark.parametrize("last_first", [False, True])
def test_what_runs_without_an_id_said_stays_in_their_thread(last_first):
    first, other = run(1, "s"), run(2, "t")
    same = [nameless(question) for question in ("x", "y")]
    with open_memory() as connection:
        loaded(connection, [first, *(same[::-1] if last_first else same), other])
        seen = {turn.question: [message.content for message in turn.history] for turn in read_tables(connection)}
    assert seen["q2"] == []
    assert seen["x"] == seen["y"] == ["q1", "a1"]


@pytest.mark.parametrize("rows_of_a_file", [1, 2, 99])
def test_of_a_run_that_is_met_twice_the_last_one_counts(rows_of_a_file, monkeypatch):
    monkeypatch.setattr(tables, "_ROWS_OF_A_FILE", rows_of_a_file)
    older, newer = run(1, "s"), (*run(1, "s")[:-1], json.dumps({"input": {"input_content": "newer"}}))
    with open_memory() as connection:
        loaded(connection, [older, run(2, "s"), newer], page_rows=2)
        assert [turn.question for turn in read_tables(connection)] == ["newer", "q2"]
