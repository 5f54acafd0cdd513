"""What a real Agno 3 database says of its conversations, and that reading leaves no trace in it."""

import hashlib
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from agno.db.sqlite import SqliteDb
from agno.models.message import Message as AgnoMessage

from nightschool.records import Message, Turn, Window
from nightschool.sources import BadRow, open_source
from nightschool.sources.agno_three import AgnoThreeSource
from nightschool.sources.sqlite_reading import SqliteReader
from tests.agno_memory import SYSTEM_MESSAGE, a_team, converse
from tests.source_reading import ALWAYS, read, read_source

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def execute(path, statement, *parameters):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, parameters).fetchall()


def spread_in_time(path, *, first=NOON, step=timedelta(minutes=1)):
    """Agno stamps the present; tests of windows need other times."""
    for number, (rowid,) in enumerate(execute(path, "SELECT rowid FROM agno_runs ORDER BY rowid")):
        moment = int((first + number * step).timestamp())
        execute(path, "UPDATE agno_runs SET created_at = ? WHERE rowid = ?", moment, rowid)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Two sessions of one agent: plain, with a tool, failing; read by several tests, changed by none."""
    path = tmp_path_factory.mktemp("desk") / "desk.db"
    run_ids = converse(
        path,
        [
            ("s1", "u1", ["Where is my parcel?", "Please look up order A-17", "Please explode now", "Và bằng tiếng Việt?"]),
            ("s2", "u2", [[AgnoMessage(role="user", content="What is 2 + 2?")]]),
        ],
    )
    spread_in_time(path)
    return path, run_ids


def test_a_turn_is_what_was_asked_and_answered(desk):
    path, run_ids = desk
    turn = read(path)[0]
    assert (turn.run_id, turn.session_id, turn.user_id, turn.agent_id) == (run_ids[0], "s1", "u1", "support")
    assert (turn.question, turn.answer) == ("Where is my parcel?", "Answer to: Where is my parcel?")
    assert (turn.status, turn.index, turn.created_at, turn.model) == ("COMPLETED", 0, NOON, "canned-1")
    assert (turn.input_tokens, turn.output_tokens) == (12, 3)
    assert turn.latency_s > 0
    assert turn.system_message == SYSTEM_MESSAGE


def test_tools_are_kept_with_their_results(desk):
    (call,) = read(desk[0])[1].tool_calls
    assert (call.name, call.arguments, call.failed) == ("find_order", '{"number":"A-17"}', False)
    assert call.result == "order A-17: in the van"


def test_the_text_of_an_error_is_not_an_answer(desk):
    turn = read(desk[0])[2]
    assert (turn.status, turn.answer, turn.error) == ("ERROR", "", "the endpoint is down")


def test_history_is_what_the_agent_was_shown(desk):
    """Earlier answers of the session in order, without the failed run, as Agno itself builds it."""
    turn = read(desk[0])[3]
    assert turn.history == (
        Message(role="user", content="Where is my parcel?"),
        Message(role="assistant", content="Answer to: Where is my parcel?"),
        Message(role="user", content="Please look up order A-17"),
        Message(role="assistant", content="Answer to: Please look up order A-17"),
    )


def test_history_reaches_behind_the_window(desk):
    path, _ = desk
    window = Window(start=NOON + timedelta(minutes=1), end=NOON + timedelta(minutes=2))
    (turn,) = read(path, window)
    assert [message.content for message in turn.history] == ["Where is my parcel?", "Answer to: Where is my parcel?"]


def test_a_list_of_messages_asks_its_last_user_message(desk):
    assert read(desk[0])[4].question == "What is 2 + 2?"


@pytest.mark.parametrize("page_rows", [1, 2, 3, 100])
def test_pages_change_nothing(desk, page_rows):
    path, run_ids = desk
    source = AgnoThreeSource(SqliteReader(path), page_rows=page_rows)
    turns = read_source(source)
    assert [turn.run_id for turn in turns] == run_ids
    assert turns == read(path)


def test_pages_cut_through_runs_of_the_same_second(tmp_path):
    path = tmp_path / "same.db"
    run_ids = converse(path, [(f"s{n}", "u", ["Where is my parcel?"]) for n in range(5)])
    spread_in_time(path, step=timedelta(0))
    source = AgnoThreeSource(SqliteReader(path), page_rows=2)
    assert [turn.run_id for turn in read_source(source)] == run_ids


def test_the_window_is_half_open(desk):
    path, run_ids = desk
    source = open_source(str(path))
    window = Window(start=NOON, end=NOON + timedelta(minutes=2))
    assert [turn.run_id for turn in read_source(source, window)] == run_ids[:2]
    assert source.count(window) == 2
    assert source.count(Window(start=NOON + timedelta(hours=1), end=NOON + timedelta(hours=2))) == 0


def test_only_the_history_is_limited_to_ten_runs(tmp_path):
    path = tmp_path / "long.db"
    converse(path, [("s1", "u1", [f"Question number {n}?" for n in range(13)])])
    last = read(path)[-1]
    assert len(last.history) == 20
    assert last.history[0].content == "Question number 2?"


def test_a_teams_run_is_one_turn_and_agents_can_be_chosen(tmp_path):
    path = tmp_path / "both.db"
    converse(path, [("s1", "u1", ["Where is my parcel?"])])
    converse(path, [("s2", "u1", ["How tall is it?"])], agent_id="other")
    db = SqliteDb(db_file=str(path))
    team_run = a_team(db).run("Who is at the desk?", session_id="t1")
    member_run = team_run.__class__(run_id="m1", team_id=None, session_id="t1", parent_run_id=team_run.run_id, content="x")
    db.upsert_run(member_run, session_id="t1")
    db.close()
    assert [turn.session_id for turn in read(path)] == ["s1", "s2", "t1"]
    assert [turn.session_id for turn in read(path, agent_id="other")] == ["s2"]
    assert [turn.team_id for turn in read(path, agent_id="desk")] == ["desk"]
    assert open_source(str(path), agent_id="nobody").count(ALWAYS) == 0


def test_holdings_name_what_there_is(desk):
    holdings = open_source(f"sqlite:///{desk[0]}", agent_id="nobody").holdings()
    assert (holdings.turns, holdings.agent_ids) == (5, ("support",))
    assert (holdings.first, holdings.last) == (NOON, NOON + timedelta(minutes=4))


def test_a_rating_in_the_runs_metadata_is_read(tmp_path):
    path = tmp_path / "rated.db"
    run_ids = converse(path, [("s1", "u1", ["Where is my parcel?", "And the other one?"])])
    db = SqliteDb(db_file=str(path))
    run = db.get_run(run_ids[0])
    run.metadata = {"rating": 4, "feedback": "quick"}
    db.upsert_run(run, session_id="s1")
    db.close()
    first, second = read(path)
    assert (first.rating, first.comment) == (4, "quick")
    assert (second.rating, second.comment) == (None, "")


BAD_ROWS = {
    "broken JSON": '{"input": {"input_con',
    "unknown shape: not a JSON object": "[1, 2]",
    "unknown shape: input": '{"input": {"input_content": 7}}',
    "text is not UTF-8": b'{"content": "\xff\xfe"}',
    "nested too deeply": '{"input": {"input_content": ' + "[" * 100_000 + "]" * 100_000 + "}}",
    "longer than 16 MB": '{"content": "' + "x" * (16 * 2**20) + '"}',
    "unknown shape: latency_s": '{"metrics": {"duration": "long"}}',
}


@pytest.mark.parametrize("reason", BAD_ROWS)
def test_a_bad_row_is_set_aside_and_the_others_are_read(tmp_path, reason):
    path = tmp_path / "bad.db"
    run_ids = converse(path, [("s1", "u1", ["Where is my parcel?", "Is it late?", "When is it here?"])])
    bad = BAD_ROWS[reason]
    value = "CAST(? AS TEXT)" if isinstance(bad, bytes) else "?"
    execute(path, f"UPDATE agno_runs SET run_data = {value} WHERE run_id = ?", bad, run_ids[1])
    first, last, broken = read(path)
    assert isinstance(first, Turn)
    assert isinstance(last, Turn)
    assert isinstance(broken, BadRow)
    assert (broken.run_id, broken.session_id, broken.reason) == (run_ids[1], "s1", reason)
    assert 0 < len(broken.raw) <= 500


def test_nul_and_half_emoji_are_repaired(tmp_path):
    path = tmp_path / "odd.db"
    run_ids = converse(path, [("s1", "u1", ["Where is my parcel?"])])
    data = '{"input": {"input_content": "a\\u0000b \\ud83d\\ude00 \\ud83d"}, "content": "c\\udc00"}'
    execute(path, "UPDATE agno_runs SET run_data = ? WHERE run_id = ?", data, run_ids[0])
    (turn,) = read(path)
    assert (turn.question, turn.answer) == ("ab 😀 �", "c�")


def test_reading_changes_no_byte_of_a_quiet_database(desk):
    path, _ = desk
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    source = open_source(str(path))
    assert source.count(ALWAYS) == len(read_source(source)) == source.holdings().turns
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


class InterruptedReader(SqliteReader):
    """Lets somebody else work on the database after each page."""

    def __init__(self, path, interrupt):
        super().__init__(path)
        self.interrupt = interrupt

    def columns_of_page(self, *args, **options):
        rows = super().columns_of_page(*args, **options)
        self.interrupt()
        return rows


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_live_writer_is_never_blocked(tmp_path, journal):
    """The writer waits for nobody (time-out 0) and succeeds after every page that is read."""
    path = tmp_path / "live.db"
    converse(path, [(f"s{n}", "u", ["Where is my parcel?"]) for n in range(6)])
    execute(path, f"PRAGMA journal_mode={journal}")
    spread_in_time(path)
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        before = hashlib.sha256(path.read_bytes()).hexdigest()
        written = []

        def write():
            written.append(writer.execute("UPDATE agno_sessions SET updated_at = updated_at + 1").rowcount)

        turns = read_source(AgnoThreeSource(InterruptedReader(path, write), page_rows=2))
        if journal == "WAL":
            assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [turn.session_id for turn in turns] == [f"s{n}" for n in range(6)]
    assert len(written) >= 3


def test_a_time_that_is_written_as_a_date_is_that_time(memory_of_dates):
    source = AgnoThreeSource(SqliteReader(memory_of_dates), page_rows=1)
    day = Window(start=datetime(2026, 3, 2, tzinfo=UTC), end=datetime(2026, 3, 3, tzinfo=UTC))
    found = read_source(source, day)
    assert [getattr(turn, "created_at", None) for turn in found] == [
        datetime(2026, 3, 2, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 8, tzinfo=UTC),
        None,
    ]
    assert len(found[1].history) == 4  # also of the day before
    assert found[2].reason == "unknown shape: created_at"
    assert source.count(day) == 3
    assert source.holdings().turns == 4


@pytest.fixture
def memory_of_dates(tmp_path):
    path = tmp_path / "dates.db"
    converse(path, [("s", "u", ["Where is my parcel?"] * 4)])
    for index, date in enumerate(["2026-03-01 23:59:59", "2026-03-02T07:30:00+07:00", "2026-03-02T08:00:00", "a while ago"]):
        execute(path, "UPDATE agno_runs SET created_at = ? WHERE run_index = ?", date, index)
    return path
