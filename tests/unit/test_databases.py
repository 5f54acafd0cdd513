"""nightschool's own databases: opened where there is none yet, refused where there can be none."""

import sqlite3
import threading

import pytest
import sqlalchemy as sa

from nightschool.databases import open_engine
from nightschool.errors import ConfigError


@pytest.fixture
def engine(tmp_path):
    opened = open_engine(f"sqlite:///{tmp_path / 'new' / 'folder' / 'own.db'}")
    yield opened
    opened.dispose()


def test_a_new_file_and_its_folder_are_made(engine):
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_many_threads_write_at_once(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (n INTEGER)")

    def write(start: int) -> None:
        for n in range(start, start + 20):
            with engine.begin() as connection:
                connection.execute(sa.text("INSERT INTO kept VALUES (:n)"), {"n": n})

    writers = [threading.Thread(target=write, args=(100 * number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(DISTINCT n) FROM kept").scalar() == 160


def test_a_reader_is_not_stopped_by_a_writer(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (n INTEGER)")
    with engine.begin() as writing:
        writing.exec_driver_sql("INSERT INTO kept VALUES (1)")
        with engine.connect() as reading:
            assert reading.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 0


@pytest.mark.parametrize("url", ["agent.db", "", "postgres//x", "nosuchdatabase://ana:very-secret@host/night"])
def test_what_is_no_database_is_refused_without_its_password(url):
    with pytest.raises(ConfigError, match="is not a database that can be opened") as refused:
        open_engine(url)
    assert "very-secret" not in str(refused.value)
    assert "sqlite:///" in refused.value.next_step


def test_a_file_that_is_no_database_says_so(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no database, but long enough to be taken for one" * 50)
    engine = open_engine(f"sqlite:///{path}")
    with pytest.raises(ConfigError, match=r"notes\.txt"), engine.connect():
        pass
    assert path.read_text().startswith("no database")


def test_memory_needs_no_folder():
    engine = open_engine("sqlite://")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
    assert sqlite3.sqlite_version_info > (3, 35)
