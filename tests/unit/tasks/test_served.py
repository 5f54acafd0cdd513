"""A night says where production answers with something else than the registry's incumbent."""

import sys
import types
from datetime import UTC, datetime, timedelta

import pytest

from nightschool.artifacts import FolderStore
from nightschool.dataset.connection import open_memory, write_parquet
from nightschool.settings import load_settings
from tasks.night import begin_night
from tasks.served import served_warnings
from tasks.workshop import registry
from tests.unit.registry.nights import a_night

SEED = "You are our support desk."


@pytest.fixture
def settings(tmp_path, monkeypatch):
    module = types.ModuleType("a_desk")
    exec("def build(prompt='You are our support desk.'): ...", module.__dict__)
    monkeypatch.setitem(sys.modules, "a_desk", module)
    monkeypatch.chdir(tmp_path)
    return load_settings(home=tmp_path / "home", target="support", agent="a_desk:build")


@pytest.fixture
def warned(settings):
    """The warnings of a night whose turns had these system messages, so many hours from now."""

    def warn(*messages, hours=-1.0, night=None, settings=settings):
        start = begin_night(settings, night or a_night())
        at = (datetime.now(UTC) + timedelta(hours=hours)).replace(tzinfo=None)

        def write(path):
            with open_memory() as connection:
                connection.execute("CREATE TABLE t (system_message VARCHAR, created_at TIMESTAMP, quarantine_reason VARCHAR)")
                connection.executemany("INSERT INTO t VALUES (?, ?, NULL)", [[message, at] for message in messages])
                return write_parquet(connection, "SELECT * FROM t", path)

        turns = FolderStore(settings.home / "artifacts").write("turns", ".parquet", write)
        return served_warnings(settings, start, turns)

    return warn


def test_a_production_that_serves_the_incumbent_is_not_told_of(warned):
    assert warned(*[f"<instructions>\n{SEED}\n</instructions>\nToday is Monday."] * 9, *["Another."] * 4) == ()


def test_a_production_that_serves_something_else_is(warned):
    (warning,) = warned(*["You are a pirate."] * 9, SEED)
    assert warning.startswith("Only 1 of 10 fresh turns had the incumbent")
    assert "says “You are a pirate.…”" in warning


def test_few_turns_and_turns_without_a_system_message_say_nothing(warned):
    assert warned(*["You are a pirate."] * 4) == ()
    assert warned(*[""] * 40) == ()


def test_turns_from_before_the_incumbent_was_served_are_not_fresh(warned, settings):
    begin_night(settings, a_night())
    with registry(settings) as book:
        book.by_hand.adopt("production", "support", "Answer briefly.", reason="new")
    assert warned(*[SEED] * 20, night=a_night(22)) == ()
    (warning,) = warned(*[SEED] * 20, night=a_night(22), hours=1)
    assert warning.startswith("Only 0 of 20")


def test_a_default_that_was_never_served_was_changed_by_hand(warned, settings):
    module = sys.modules["a_desk"]
    begin_night(settings, a_night())
    with registry(settings) as book:
        book.by_hand.adopt("production", "support", "Answer briefly.", reason="new")
    assert warned("", night=a_night(22)) == (), "the seed prompt stays the default of most factories"
    exec("def build(prompt='Written yesterday.'): ...", module.__dict__)
    (warning,) = warned("", night=a_night(22))
    assert "factory's default prompt" in warning
    assert "nightschool adopt" in warning


def test_other_tracks_and_the_targets_of_domains_are_left_alone(warned, settings):
    assert warned(*["You are a pirate."] * 9, night=a_night(track="backfill")) == ()
    assert warned(*["You are a pirate."] * 9, night=a_night(target="support/math")) == ()
