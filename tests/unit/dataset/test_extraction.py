"""What was said, what was thought of it at a moment, and nobody's name."""

import json
from datetime import datetime, timedelta

import pytest

from nightschool.dataset import extract, load_or_create_salt
from nightschool.dataset.salt import hashed_user
from nightschool.errors import DataError, NoData
from nightschool.records import DataPolicy, Message, ToolCall, Turn, Window
from nightschool.sources import BadRow
from tests.data_site import NOON, SALT, WINDOW, ListSource, a_turn
from tests.processes import forks

HOUR = timedelta(hours=1)


def test_every_field_of_a_turn_is_in_the_file(site):
    turn = a_turn(
        "r1",
        "Where is it?",
        user_id="mai@example.com",
        history=(Message(role="user", content="chào"),),
        tool_calls=(ToolCall(name="find", result=None),),
        session_state={"cart": [1]},
        latency_s=0.5,
    )
    (row,) = site.rows(site.extract([turn]).turns)
    assert set(Turn.model_fields) | {"quarantine_reason", "cut_texts"} == set(row)
    assert row["history"] == '[{"role":"user","content":"chào"}]'
    assert json.loads(row["tool_calls"])[0]["name"] == "find"
    assert json.loads(row["session_state"]) == {"cart": [1]}
    assert (row["created_at"], row["latency_s"], row["rating"]) == (NOON.replace(tzinfo=None), 0.5, None)


def test_users_are_hashed_and_the_same_user_is_the_same(site):
    turns = [a_turn("r1", "One?", user_id="mai"), a_turn("r2", "Two?", user_id="mai"), a_turn("r3", "Three?", user_id="")]
    users = [row["user_id"] for row in site.rows(site.extract(turns).turns)]
    assert users == [hashed_user("mai", SALT)] * 2 + [""]
    assert len(users[0]) == 16
    assert hashed_user("mai", "another salt") != users[0]


def test_feedback_is_joined_as_it_was_known_at_the_moment(site):
    site.feedback.rate("r1", 1, "late", "Tomorrow", rated_at=NOON)
    site.feedback.rate("r1", 5, "right after all", rated_at=NOON + 2 * HOUR)
    turns = [a_turn("r1", "When?", rating=3), a_turn("r2", "Where?", rating=3)]

    def opinions(as_of):
        rows = site.rows(site.extract(turns, as_of=as_of).turns)
        return [(row["rating"], row["comment"], row["correction"]) for row in rows]

    assert opinions(NOON - HOUR) == [(3, "", None), (3, "", None)]
    assert opinions(NOON + HOUR) == [(1, "late", "Tomorrow"), (3, "", None)]
    assert opinions(NOON + 3 * HOUR)[0] == (5, "right after all", "Tomorrow")


def test_bad_rows_are_counted_and_kept_apart(site):
    rows = [a_turn("r1", "Where?"), BadRow(run_id="r2", session_id="s", reason="broken JSON", raw='{"a')]
    extracted = site.extract(rows)
    assert extracted.counts == {"read": 2, "turns": 1, "rated": 0, "corrected": 0, "quarantined": 1, "cut_texts": 0}
    assert extracted.reasons == {"broken JSON": 1}
    assert site.rows(extracted.quarantine) == [{"run_id": "r2", "session_id": "s", "reason": "broken JSON", "raw": '{"a'}]
    assert [(row["run_id"], row["quarantine_reason"]) for row in site.rows(extracted.turns)] == [
        ("r1", None),
        ("r2", "broken JSON"),
    ]


@pytest.mark.parametrize(("bad", "stops"), [(2, False), (3, True)])
def test_more_bad_rows_than_the_share_stop_the_stage(site, bad, stops):
    rows = [a_turn(f"r{n}", "Where?") for n in range(100 - bad)]
    rows += [BadRow(run_id=f"b{n}", reason="broken JSON") for n in range(bad)]
    if not stops:
        assert site.extract(rows, policy=DataPolicy()).counts["read"] == 100
        return
    with pytest.raises(DataError, match=r"3 of 100 rows.*2%.*broken JSON: 3"):
        site.extract(rows, policy=DataPolicy())


def test_the_order_of_the_rows_changes_no_byte(site):
    turns = [a_turn(f"r{n}", f"Question {n}?", created_at=NOON + HOUR * (n % 3)) for n in range(50)]
    assert site.extract(turns).turns == site.extract(turns[::-1]).turns


def test_an_empty_window_says_what_there_is_and_what_to_type(site):
    turns = [a_turn("r1", "Where?", agent_id="support"), a_turn("r2", "When?", agent_id="sales")]
    window = Window(start=NOON - 48 * HOUR, end=NOON - 24 * HOUR)
    with pytest.raises(NoData) as caught:
        site.extract(turns, window=window)
    message = str(caught.value)
    assert "2026-11-18 12:00 and 2026-11-19 12:00" in message
    assert "2 turns from 2026-11-20 to 2026-11-20; agents: sales, support" in message
    assert "--run-date 2026-11-20" in message


def test_an_empty_database_is_told_apart(site):
    with pytest.raises(NoData, match="no turn at all"):
        site.extract([])


def test_a_source_without_the_agent_says_which_there_are(site):
    source = ListSource([a_turn("r1", "Where?", agent_id="sales")])
    source.turns = lambda window: iter(())
    with pytest.raises(NoData, match=r"(?s)agents: sales.*--agent-id"):
        extract(source, site.feedback, WINDOW, as_of=NOON, salt=SALT, policy=DataPolicy(), store=site.store)


def test_the_salt_is_made_once_and_kept_private(tmp_path):
    home = tmp_path / "home"
    salt = load_or_create_salt(home)
    assert len(salt) == 64
    assert load_or_create_salt(home) == salt
    assert (home / "salt").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == ["salt"]


def test_a_file_that_holds_no_salt_is_not_overwritten(tmp_path):
    (tmp_path / "salt").touch()
    with pytest.raises(DataError, match="holds no salt"):
        load_or_create_salt(tmp_path)


def test_processes_that_start_at_once_agree_on_the_salt(tmp_path):
    with forks().Pool(3) as pool:
        assert len(set(pool.map(load_or_create_salt, [tmp_path] * 6))) == 1


def test_times_of_day_are_utc_in_the_file(site):
    hanoi = datetime.fromisoformat("2026-11-20T19:00:00+07:00")
    (row,) = site.rows(site.extract([a_turn("r1", "Where?", created_at=hanoi)]).turns)
    assert row["created_at"] == NOON.replace(tzinfo=None)
