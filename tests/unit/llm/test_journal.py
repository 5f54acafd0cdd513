"""Finished work is found by its own night, once, and adds up."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest

from nightschool.errors import BudgetExhausted
from nightschool.llm import Journal, Meter, Purse, Spent
from nightschool.records import BudgetPolicy, Night


@pytest.fixture
def open_journal(tmp_path):
    opened = []

    def journal(day=21):
        night = Night(target="support", run_date=date(2026, 11, day))
        opened.append(Journal(f"sqlite:///{tmp_path / 'journal.db'}", night))
        return opened[-1]

    yield journal
    for one in opened:
        one.close()


def test_work_survives_and_is_the_nights_own(open_journal):
    first, again, other = open_journal(), open_journal(), open_journal(22)
    first.keep(first.key("agent", "x"), "agent", "kept")
    assert again.find(again.key("agent", "x")) == "kept"
    assert other.find(other.key("agent", "x")) is None
    assert again.find(again.key("judge", "x")) is None


def test_the_first_of_two_writers_wins(open_journal):
    journal = open_journal()
    key = journal.key("agent", "x")
    journal.keep(key, "agent", "first", cost_usd=1)
    journal.keep(key, "agent", "second", cost_usd=1)
    assert journal.find(key) == "first"
    assert journal.spent().cost_usd == 1


def test_what_was_spent_adds_up_by_role(open_journal):
    journal, other = open_journal(), open_journal(22)
    journal.keep("a", "agent", "", calls=3, cost_usd=0.5)
    journal.keep("b", "agent", "", calls=1, cost_usd=0.25)
    journal.keep("c", "judge", "", cost_usd=0.125)
    other.keep("d", "judge", "", cost_usd=9)
    assert journal.spent().calls == {"agent": 4, "judge": 1}
    assert (journal.spent().total_calls, journal.spent().cost_usd) == (5, 0.875)
    assert open_journal(23).spent().total_calls == 0


def a_meter(phase="gate", **limits):
    return Meter(BudgetPolicy(**limits), phase=phase)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_calls": 3}, "3 of 3 calls"),
        ({"max_tokens": 100}, "90 of 100 tokens"),
        ({"max_cost_usd": 1}, r"\$0.90 of \$1.00"),
        ({"max_cost_usd_per_month": 1}, r"\$0.90 of the month's \$1.00"),
    ],
)
def test_the_meter_stops_before_a_call_would_pass_a_limit(limits, words):
    meter = a_meter(**limits)
    for _ in range(3):
        with meter.room("agent", tokens=30, cost_usd=0.3):
            meter.count("agent", 0.3, tokens=30)
    with pytest.raises(BudgetExhausted, match=words), meter.room("agent", tokens=30, cost_usd=0.3):
        pass
    assert (meter.total_calls, meter.tokens, meter.cost_usd) == (3, 90, pytest.approx(0.9))


def test_what_is_under_way_is_reserved():
    meter = a_meter(max_tokens=100)
    with meter.room("judge", tokens=60), pytest.raises(BudgetExhausted, match="60 of 100"), meter.room("judge", tokens=60):
        pass
    with meter.room("judge", tokens=60):
        pass


def test_a_role_is_expected_to_need_what_it_needed_at_most():
    meter = a_meter(max_calls=10)
    with meter.room("agent"):
        meter.count("agent", 0.0, calls=6)
    with pytest.raises(BudgetExhausted, match="6 of 10 calls"), meter.room("agent"):
        pass
    with meter.room("judge"):
        pass


def test_the_search_leaves_the_gates_part():
    search, gate = a_meter("search", max_calls=10, gate_share=0.4), a_meter("gate", max_calls=10, gate_share=0.4)
    for meter in (search, gate):
        meter.count("agent", 0.0, calls=1)
        for _ in range(5):
            meter.count("agent", 0.0)
    with pytest.raises(BudgetExhausted, match=r"search's budget .*40% of it is set aside for the gate"), search.room("agent"):
        pass
    with gate.room("agent"):
        pass


def test_time_is_a_limit_too():
    now = [0.0]
    meter = Meter(BudgetPolicy(max_wall_s=60, gate_share=0.5), phase="search", deadline=60.0, clock=lambda: now[0])
    with meter.room("agent"):
        now[0] = 31.0
    with pytest.raises(BudgetExhausted, match="60 s of wall-clock time"), meter.room("agent"):
        pass


def test_what_was_taken_before_counts_once():
    taken = Spent(calls={"agent": 4}, tokens=50, cost_usd=0.5)
    meter = Meter(taken=taken, purse=Purse(limit_usd=1, used_usd=0.7))
    with meter.room("agent", cost_usd=0.3):
        pass
    with pytest.raises(BudgetExhausted, match=r"\$0.70 of the month's"), meter.room("agent", cost_usd=0.31):
        pass


def test_a_failed_call_gives_its_place_back():
    meter = Meter(BudgetPolicy(max_calls=1))
    with pytest.raises(OSError, match="down"), meter.room("agent"):
        raise OSError("down")
    with meter.room("agent"):
        pass


def test_no_limit_is_no_limit():
    meter = Meter()
    meter.count("agent", 1e9, calls=10**6)
    with meter.room("agent"):
        pass


async def test_of_many_that_want_the_same_work_one_does_it(open_journal):
    done = []

    async def work(journal):
        async with journal.claimed(journal.key("agent", "x")) as kept:
            if kept is not None:
                return kept
            done.append(journal)
            await asyncio.sleep(0)
            journal.keep(journal.key("agent", "x"), "agent", f"by {len(done)}")
            return "mine"

    journals = [open_journal(), open_journal()]
    answers = await asyncio.gather(*(work(journal) for journal in journals * 3))
    assert sorted(answers) == ["by 1"] * 5 + ["mine"]
    assert len(done) == 1


async def test_who_fails_leaves_the_work_to_the_next(open_journal):
    journal = open_journal()
    with pytest.raises(OSError, match="down"):
        async with journal.claimed("k"):
            raise OSError("down")
    async with journal.claimed("k") as kept:
        assert kept is None


async def test_who_has_kept_the_work_holds_nobody_up_and_holds_no_claim(open_journal, tmp_path):
    first, second = open_journal(), open_journal()
    async with first.claimed("a") as kept:
        assert kept is None
        first.keep("a", "agent", "done")
        with closing(sqlite3.connect(tmp_path / "journal.db")) as database:
            assert database.execute("SELECT count(*) FROM journal_claims").fetchone() == (0,)
        async with asyncio.timeout(60), second.claimed("a") as found:
            assert found == "done"


def test_the_cost_of_the_month_is_that_of_all_nights(open_journal):
    journal, other = open_journal(), open_journal(22)
    journal.keep("a", "agent", "", cost_usd=0.5)
    other.keep("b", "agent", "", cost_usd=0.25)
    now = datetime.now(UTC)
    assert journal.month_cost_usd(now) == 0.75
    assert journal.month_cost_usd(now + timedelta(days=32)) == 0


def test_a_backfill_has_a_purse_of_its_own(tmp_path, open_journal):
    def backfilled(track, day=21):
        return Journal(f"sqlite:///{tmp_path / 'journal.db'}", Night(track=track, target="support", run_date=date(2026, 10, day)))

    nightly, others = open_journal(), [backfilled("backfill/ab"), backfilled("backfill/ab", 22), backfilled("backfill/ab.2")]
    nightly.keep("n", "agent", "", cost_usd=0.5)
    for number, one in enumerate(others):
        one.keep(f"b{number}", "agent", "", cost_usd=1.0)
    assert nightly.month_cost_usd(datetime.now(UTC)) == 0.5
    assert [one.track_cost_usd() for one in others] == [2.0, 2.0, 1.0]
    for one in others:
        one.close()


def test_entries_expire_and_their_cost_is_remembered_until_the_month_is_over(open_journal):
    old, tonight = open_journal(), open_journal(22)
    old.keep("a", "agent", "long ago", cost_usd=0.5)
    tonight.keep("b", "agent", "kept", cost_usd=0.25)
    now = datetime.now(UTC)
    assert tonight.expire(now, days=30) == 0
    assert tonight.expire(now + timedelta(days=31), days=30) == 1
    assert old.find("a") is None
    assert tonight.find("b") == "kept"
    assert tonight.month_cost_usd(now) == 0.75
    assert tonight.expire(now + timedelta(days=63), days=30) == 1
    assert tonight.month_cost_usd(now) == 0.25


def test_a_journal_of_the_first_days_is_read_on(tmp_path):
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        connection.execute(
            "CREATE TABLE journal (key VARCHAR(64) PRIMARY KEY, night VARCHAR(200) NOT NULL, role VARCHAR(32) NOT NULL,"
            " value TEXT NOT NULL, calls INTEGER NOT NULL, cost_usd FLOAT NOT NULL, kept_at DATETIME NOT NULL)"
        )
    journal = Journal(url, Night(target="support", run_date=date(2026, 11, 21)))
    journal.keep("a", "agent", "kept", tokens=7)
    assert (journal.find("a"), journal.spent().tokens) == ("kept", 7)
    journal.close()
