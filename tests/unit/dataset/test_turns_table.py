"""How turns are put in order: threads together, a part at a time, whatever the order of the rows."""

import json

import pytest

from nightschool.dataset import turns_table
from nightschool.dataset.connection import open_memory
from nightschool.dataset.judging import judge_turns
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


def loaded(connection, runs):
    create_tables(connection)
    RunLoader(connection).add(runs)


# Sessions that end soon, and such that last for the whole window: then the parts are one.
@pytest.fixture(params=[lambda number: number // 4, lambda number: number % 5], ids=["short", "long"])
def runs(request, monkeypatch):
    monkeypatch.setattr(turns_table, "_BUCKET_ROWS", 7)
    return [run(number, f"s{request.param(number)}") for number in range(RUNS)]


def test_a_thread_is_never_cut(runs):
    with open_memory() as connection:
        loaded(connection, runs)
        turns = read_tables(connection)
    assert len(turns) == RUNS
    for turn in turns:
        earlier = [one for one in turns if one.session_id == turn.session_id and one.index < turn.index][-10:]
        expected = [text for one in earlier for text in (one.question, one.answer)]
        assert [message.content for message in turn.history] == expected


def test_neither_the_order_of_the_rows_nor_threads_change_a_byte(runs, tmp_path):
    written = set()
    for threads, rows in ((1, runs), (2, runs), (2, runs[::-1]), (4, runs[30:] + runs[:30])):
        with open_memory(threads=threads) as connection:
            loaded(connection, rows)
            judge_turns(connection, {}, SALT)
            turns_table.write_turns(connection, tmp_path / "turns.parquet", history_runs=10)
            written.add((tmp_path / "turns.parquet").read_bytes())
    assert len(written) == 1
