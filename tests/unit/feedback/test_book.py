"""The latest opinion at a moment counts, corrections stay until replaced, and writers do not meet."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nightschool
from nightschool.errors import ConfigError
from nightschool.feedback import FeedbackBook, FeedbackEntry
from tests.processes import forks

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def book(tmp_path):
    return FeedbackBook(f"sqlite:///{tmp_path / 'feedback.db'}")


def test_the_last_entry_at_or_before_the_moment_counts(book):
    book.rate("r1", 2, "meh", rated_at=NOON)
    book.rate("r1", 5, "good", rated_at=NOON + HOUR)
    assert book.latest(["r1"], as_of=NOON - HOUR) == {}
    assert book.latest(["r1"], as_of=NOON)["r1"].rating == 2
    assert book.latest(["r1"], as_of=NOON + HOUR)["r1"].comment == "good"


def test_of_two_entries_at_one_moment_the_later_written_counts(book):
    book.rate("r1", 2, rated_at=NOON)
    book.rate("r1", 3, rated_at=NOON)
    assert book.latest(as_of=NOON)["r1"].rating == 3


def test_a_correction_outlives_a_bare_rating_until_it_is_replaced_or_withdrawn(book):
    book.rate("r1", 1, correction="A-17", rated_at=NOON)
    book.rate("r1", 2, rated_at=NOON + HOUR)
    assert book.latest(as_of=NOON + HOUR)["r1"].correction == "A-17"
    book.rate("r1", 2, correction="A-18", rated_at=NOON + 2 * HOUR)
    assert book.latest(as_of=NOON + 2 * HOUR)["r1"].correction == "A-18"
    book.rate("r1", 4, correction="", rated_at=NOON + 3 * HOUR)
    assert book.latest(as_of=NOON + 3 * HOUR)["r1"].correction is None


def test_times_of_any_zone_are_compared_as_moments(book):
    hanoi = timezone(timedelta(hours=7))
    book.rate("r1", 4, rated_at=datetime(2026, 11, 20, 19, tzinfo=hanoi))
    assert book.latest(as_of=NOON)["r1"].rated_at == NOON
    assert book.latest(as_of=NOON - timedelta(seconds=1)) == {}


def test_many_runs_can_be_asked_for(book):
    entries = [FeedbackEntry(run_id=f"r{n}", rating=1 + n % 5, rated_at=NOON) for n in range(1200)]
    assert book.rate_many(entries) == 1200
    found = book.latest([f"r{n}" for n in range(0, 1200, 2)], as_of=NOON)
    assert {run_id: entry.rating for run_id, entry in found.items()} == {f"r{n}": 1 + n % 5 for n in range(0, 1200, 2)}


@pytest.mark.parametrize("rating", [0, 6, -1, 4.5, "5", True, None])
def test_a_wrong_rating_is_refused_in_plain_words(book, rating):
    with pytest.raises(ConfigError, match="whole number from 1"):
        book.rate("r1", rating)
    assert book.latest(as_of=datetime.now(UTC)) == {}


def test_a_missing_run_and_a_time_without_zone_are_refused(book):
    with pytest.raises(ConfigError, match="run_id"):
        book.rate("", 3)
    with pytest.raises(ConfigError, match="rated_at"):
        book.rate("r1", 3, rated_at=datetime(2026, 11, 20))  # noqa: DTZ001 - a naive time is what is tested


@given(text=st.text())
@settings(max_examples=30, deadline=None)
def test_any_text_can_be_kept(tmp_path_factory, text):
    book = FeedbackBook(f"sqlite:///{tmp_path_factory.mktemp('feedback') / 'f.db'}")
    entry = book.rate("r1", 3, text, correction="x" + text, rated_at=NOON)
    assert book.latest(as_of=NOON) == {"r1": entry}


def test_rate_is_exported_and_takes_its_database_from_the_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTSCHOOL_HOME", str(tmp_path / "home"))
    nightschool.rate("r1", 5, "exact")
    book = FeedbackBook(f"sqlite:///{tmp_path / 'home' / 'feedback.db'}")
    assert book.latest(as_of=datetime.now(UTC))["r1"].comment == "exact"


def test_the_table_is_as_documented(book, tmp_path):
    book.rate("r1", 5)
    connection = sqlite3.connect(tmp_path / "feedback.db")
    columns = [row[1] for row in connection.execute("pragma table_info(nightschool_feedback)")]
    assert columns == ["id", "run_id", "rating", "comment", "correction", "rated_at", "author"]
    assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    connection.close()


def _rate_often(url: str, writer: int, barrier) -> None:
    barrier.wait(60)
    for n in range(30):
        FeedbackBook(url).rate(f"w{writer}-{n}", 3)


def test_writers_that_start_at_once_all_succeed(tmp_path):
    url = f"sqlite:///{tmp_path / 'new' / 'feedback.db'}"
    barrier = forks().Barrier(3)
    writers = [forks().Process(target=_rate_often, args=(url, number, barrier)) for number in range(3)]
    for process in writers:
        process.start()
    for process in writers:
        process.join(90)
    assert [process.exitcode for process in writers] == [0, 0, 0]
    assert len(FeedbackBook(url).latest(as_of=datetime.now(UTC))) == 90
