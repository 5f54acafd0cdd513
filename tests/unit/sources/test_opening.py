"""What can't be read says what it is and what to do, in at most four lines."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nightschool.errors import ConfigError, DataError
from nightschool.records import SourcePolicy
from nightschool.sources import open_source
from nightschool.sources.sqlite_reading import SqliteReader
from tests.agno_memory import converse
from tests.data_site import ListSource, a_turn
from tests.source_reading import ALWAYS, read

MADE = Path(__file__).parents[2] / "data"


def refusal(agent_db):
    with pytest.raises(DataError) as caught:
        open_source(str(agent_db))
    assert caught.value.next_step
    assert len(str(caught.value).splitlines()) <= 4
    return str(caught.value)


def sqlite_file(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return path


def test_a_missing_file_names_the_databases_beside_it(tmp_path):
    sqlite_file(tmp_path / "agno.db", "CREATE TABLE t (a)")
    assert "agno.db" in refusal(tmp_path / "agnoo.db")
    assert not (tmp_path / "agnoo.db").exists()
    assert "no folder" in refusal(tmp_path / "nowhere" / "agno.db")


def test_a_folder_names_the_databases_in_it(tmp_path):
    sqlite_file(tmp_path / "agno.db", "CREATE TABLE t (a)")
    assert "agno.db" in refusal(tmp_path)


def test_nothing_given_says_how_to_give_it():
    assert "--agent-db" in refusal("")


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "notes.txt").write_text("no database at all, " * 100)
    assert "not a SQLite database" in refusal(tmp_path / "notes.txt")


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.db").touch()
    assert "no tables" in refusal(tmp_path / "empty.db")


def test_a_database_of_something_else_says_which_tables_were_found(tmp_path):
    statements = [f"CREATE TABLE table{n:02} (a)" for n in range(20)]
    message = refusal(sqlite_file(tmp_path / "shop.db", *statements))
    assert "table00, table01" in message
    assert "12 more" in message


def test_a_database_without_its_runs_says_what_is_missing(tmp_path):
    columns = "session_id, session_type, agent_id, team_id, workflow_id, user_id, session_data, metadata, created_at, updated_at"
    message = refusal(sqlite_file(tmp_path / "half.db", f"CREATE TABLE agno_sessions ({columns})"))
    assert "not a whole Agno database: agno_runs is missing" in message


def test_several_tables_of_runs_are_told_apart_by_a_setting(tmp_path):
    path = tmp_path / "two.db"
    converse(path, [("s1", "u1", ["Where is my parcel?"])])
    sqlite_file(path, "CREATE TABLE old_runs AS SELECT * FROM agno_runs", "ALTER TABLE agno_runs RENAME TO new_runs")
    with pytest.raises(ConfigError, match=r"(?s)new_runs, old_runs.*NIGHTSCHOOL_SOURCE__RUNS_TABLE"):
        open_source(str(path))
    assert open_source(str(path), policy=SourcePolicy(runs_table="old_runs")).count(ALWAYS) == 1


def test_tables_of_another_name_are_found_by_their_columns(tmp_path):
    path = tmp_path / "named.db"
    converse(path, [("s1", "u1", ["Where is my parcel?"])])
    sqlite_file(path, "ALTER TABLE agno_runs RENAME TO desk_runs", "ALTER TABLE agno_sessions RENAME TO desk")
    assert [turn.question for turn in read(path)] == ["Where is my parcel?"]


def test_a_half_migrated_database_is_read_from_both_places(tmp_path):
    """What the migration has not moved yet is still where Agno 2 put it."""
    path = Path(shutil.copy(MADE / "agno_2_to_3.db", tmp_path))
    whole = read(path)
    sqlite_file(
        path, "DELETE FROM agno_runs WHERE rowid % 2 AND session_id IN (SELECT session_id FROM agno_sessions WHERE runs <> '')"
    )
    kept = {turn.run_id for turn in read(path)}
    old = {turn.run_id for turn in read(Path(shutil.copy(MADE / "agno_2.db", tmp_path)))}
    assert old <= kept <= {turn.run_id for turn in whole}


def own_source(agent_db, agent_id):
    assert (agent_db, agent_id) == ("anything", "support")
    return ListSource([a_turn("r1", "Where is my parcel?")])


def test_a_reader_of_the_sites_own_is_called_by_its_name():
    policy = SourcePolicy(reader=f"{__name__}:own_source")
    assert [turn.run_id for turn in read("anything", agent_id="support", policy=policy)] == ["r1"]


@pytest.mark.parametrize("name", ["no_module_of_that_name:x", "json:no_such_thing", "json"])
def test_a_reader_that_is_none_is_refused(name):
    with pytest.raises(ConfigError, match=r"source\.reader"):
        open_source("anything", policy=SourcePolicy(reader=name))


def test_the_plain_table_is_recognised_beside_others_and_by_its_name_in_the_settings(tmp_path):
    statement = "CREATE TABLE conversations (user_message, agent_response, timestamp, rating)"
    path = sqlite_file(tmp_path / "plain.db", statement, "CREATE TABLE other (x)")
    assert open_source(str(path)).description == f"table conversations of {path}"
    sqlite_file(path, "ALTER TABLE conversations RENAME TO talks")
    assert "talks" in refusal(path)
    policy = SourcePolicy(conversations_table="talks")
    assert open_source(str(path), policy=policy).description == f"table talks of {path}"


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".CSV"])
def test_files_are_recognised_by_their_names(tmp_path, suffix):
    path = tmp_path / f"talks{suffix}"
    path.touch()
    assert open_source(str(path)).description == f"file {path}"
    assert "There is no file" in refusal(tmp_path / f"missing{suffix}")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_postgresql_that_does_not_answer_is_told_without_its_password(scheme):
    message = refusal(f"{scheme}://me:secret@127.0.0.1:1/agno")
    assert "No PostgreSQL answers at postgresql://me:***@127.0.0.1:1/agno" in message
    assert "secret" not in message


@pytest.mark.parametrize("url", ["mysql://me:secret@h/agno", "sqlite://"])
def test_other_databases_are_refused_without_showing_a_password(url):
    message = refusal(url)
    assert "secret" not in message
    assert url.split(":")[0].split("+")[0] in message


def test_a_url_that_is_none_is_refused_without_showing_a_password():
    assert "secret" not in refusal("://me:secret@")


def test_a_locked_database_is_given_up_after_a_while(tmp_path):
    path = tmp_path / "locked.db"
    converse(path, [("s1", "u1", ["Where is my parcel?"])])
    sqlite_file(path, "PRAGMA journal_mode=DELETE")
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DataError, match=r"(?s)locked.*fuser"):
            SqliteReader(path, lock_wait_s=0.05).columns()


def test_a_damaged_database_is_named_so_when_it_is_met(tmp_path):
    path = tmp_path / "damaged.db"
    converse(path, [("s1", "u1", ["Where is my parcel? " * 400] * 8)])
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"(?s)damaged.*\.recover"):
        read(path)


def test_a_cut_database_is_named_so(tmp_path):
    path = tmp_path / "cut.db"
    converse(path, [("s1", "u1", ["Where is my parcel? " * 400] * 8)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="damaged"):
        read(path)


def test_odd_characters_in_a_path_are_no_obstacle(tmp_path):
    converse(tmp_path / "plain.db", [("s1", "u1", ["Where is my parcel?"])])
    path = (tmp_path / "plain.db").rename(tmp_path / "bộ nhớ 100%?#.db")
    assert open_source(str(path)).count(ALWAYS) == 1
