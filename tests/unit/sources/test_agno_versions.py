"""Databases that Agno 3, 2 and 1 really wrote, held against what the scripts that made them knew."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nightschool.records import Turn, Window
from nightschool.sources import open_source
from tests.source_reading import ALWAYS, read

MADE = Path(__file__).parents[2] / "data"
MANIFEST = json.loads((MADE / "manifest.json").read_text(encoding="utf-8"))
RATED_SESSIONS = {"s-shared": 4}
"""A rating of a whole session holds for those of its turns that have none of their own."""
FILES = ["agno_3.db", "agno_2.db", "agno_2_to_3.db", "agno_1.db"]


@pytest.fixture(params=FILES)
def made(request, tmp_path):
    """A copy of a database, and what is known of its turns by run id."""
    path = shutil.copy(MADE / request.param, tmp_path)
    return Path(path), {turn["run_id"]: turn for turn in MANIFEST[request.param]["turns"]}


def plain(text):
    """Data are the same however they are spaced."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def test_every_turn_is_read_with_its_words(made):
    path, known = made
    turns = {turn.run_id: turn for turn in read(path)}
    assert all(isinstance(turn, Turn) for turn in turns.values())
    assert set(turns) == set(known)
    for run_id, turn in turns.items():
        told = known[run_id]
        assert (turn.session_id, turn.user_id, turn.status) == (told["session_id"], told["user_id"] or "", told["status"])
        assert (turn.agent_id, turn.team_id) == (told["agent_id"] or "", told["team_id"] or "")
        assert (turn.error if turn.status == "ERROR" else turn.answer) == (told["answer"] or "")
        # Agno 1 does not keep what a workflow was asked.
        assert plain(turn.question) == plain(told["question"]) or (path.name == "agno_1.db" and told.get("workflow_id"))
        calls = [[call.name, json.loads(call.arguments), call.result, call.failed] for call in turn.tool_calls]
        assert [call[: len(one)] for call, one in zip(calls, told.get("tools", calls), strict=True)] == told.get("tools", calls)
        assert turn.rating == told.get("rating", RATED_SESSIONS.get(turn.session_id))


def test_reading_leaves_a_quiet_database_as_it_is(made):
    path, known = made
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    source = open_source(str(path))
    assert source.count(ALWAYS) == source.holdings().turns == len(known) == len(read(path))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("written", [lambda time: datetime.fromtimestamp(time, UTC).isoformat(), lambda time: time * 1000])
def test_agno_2_s_times_may_be_dates_or_milliseconds(tmp_path, written):
    path = shutil.copy(MADE / "agno_2.db", tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        for session_id, runs, created_at in connection.execute(
            "SELECT session_id, runs, created_at FROM agno_sessions"
        ).fetchall():
            changed = [run | {"created_at": written(run["created_at"])} for run in json.loads(json.loads(runs))]
            connection.execute(
                "UPDATE agno_sessions SET runs = ?, created_at = ?, updated_at = ? WHERE session_id = ?",
                [json.dumps(json.dumps(changed)), written(created_at), written(created_at), session_id],
            )
    as_made = read(MADE / "agno_2.db")
    assert read(path) == as_made
    first = min(turn.created_at for turn in as_made)
    assert open_source(str(path)).count(Window(start=first - timedelta(seconds=1), end=first)) == 0
    assert open_source(str(path)).count(Window(start=first, end=first + timedelta(days=30))) == len(as_made)


def test_a_members_run_is_the_turn_of_the_member(made):
    path, known = made
    told = [member for turn in known.values() for member in turn.get("members", ())]
    turns = read(path, agent_id="ada")
    assert [[turn.run_id, turn.agent_id, turn.answer] for turn in turns] == told
    assert all(turn.history == () for turn in turns)


def test_a_step_of_a_workflow_is_a_turn_of_its_agent(made):
    path, _ = made
    (turn,) = read(path, agent_id="draft")
    assert (turn.session_id, turn.answer) == ("s-workflow", "Answer to: Write to the customer")


def test_history_is_what_the_agent_was_shown(made):
    """Ten runs at most, oldest first; Agno 2 and 1 keep with a run what they showed."""
    path, known = made
    last = max((turn for turn in read(path) if turn.session_id == "s-long"), key=lambda turn: turn.index)
    asked = [message.content for message in last.history if message.role == "user"]
    everything = [turn["question"] for turn in known.values() if turn["session_id"] == "s-long"]
    assert 0 < len(asked) <= 10
    assert asked == everything[-1 - len(asked) : -1]
