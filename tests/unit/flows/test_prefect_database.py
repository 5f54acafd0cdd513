"""What a server's start may skip, and what a new home's database is copied from."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from flows.prefect_database import NOTHING_TO_DO, note_database, prepare_database

TABLES = "CREATE TABLE alembic_version (version_num); CREATE TABLE flow_run (id); CREATE TABLE configuration (key, value);"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "nightschool"


def script(place, text):
    place.mkdir(exist_ok=True)
    with contextlib.closing(sqlite3.connect(place / "prefect.db")) as connection:
        connection.executescript(text)


@pytest.fixture
def standing(tmp_path, cache):
    """The place of a server that has started on a new database."""
    place = tmp_path / "one"
    assert prepare_database(place) == {}
    script(place, f"{TABLES} INSERT INTO alembic_version VALUES ('r1'); INSERT INTO configuration VALUES ('KEY', 'secret');")
    note_database(place)
    return place


def test_a_database_that_this_version_migrated_is_not_migrated_again(standing):
    assert prepare_database(standing) == NOTHING_TO_DO


@pytest.mark.parametrize("change", ["UPDATE alembic_version SET version_num = 'r0'", "DROP TABLE alembic_version"])
def test_one_that_was_put_in_its_place_is(standing, change):
    script(standing, change)
    assert prepare_database(standing) == {}


def test_one_of_another_version_of_prefect_is(standing, monkeypatch):
    monkeypatch.setattr("flows.prefect_database.version", lambda name: "99")
    assert prepare_database(standing) == {}


def test_one_that_is_no_database_is_left_to_the_server(standing):
    (standing / "prefect.db").write_text("not a database at all, but long enough to be read as one")
    assert prepare_database(standing) == {}


def test_a_database_elsewhere_is_not_ours_to_judge(standing, monkeypatch):
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", "postgresql+asyncpg://db/prefect")
    assert prepare_database(standing) == {}


def test_a_new_home_gets_a_copy_without_the_first_ones_key(standing, tmp_path):
    assert prepare_database(tmp_path / "two") == NOTHING_TO_DO
    with contextlib.closing(sqlite3.connect(tmp_path / "two" / "prefect.db")) as copy:
        assert copy.execute("SELECT * FROM alembic_version").fetchall() == [("r1",)]
        assert copy.execute("SELECT * FROM configuration").fetchall() == []
    assert b"secret" not in (tmp_path / "two" / "prefect.db").read_bytes()


def test_somebodys_history_becomes_no_template(tmp_path, cache):
    place = tmp_path / "old"
    script(place, f"{TABLES} INSERT INTO flow_run VALUES ('a night');")
    note_database(place)
    assert prepare_database(tmp_path / "two") == {}
    assert list(cache.iterdir()) == []
    assert prepare_database(place) == NOTHING_TO_DO


def test_a_cache_that_can_not_be_written_costs_only_time(tmp_path, cache):
    cache.parent.write_text("a file where a folder should be")
    place = tmp_path / "one"
    script(place, TABLES)
    note_database(place)
    assert prepare_database(place) == NOTHING_TO_DO
