"""Finished work is found by its own night, once, and adds up."""

from datetime import date

import pytest

from nightschool.errors import BudgetExhausted
from nightschool.llm import Journal, Meter
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


def test_the_meter_stops_at_its_limit():
    meter = Meter(BudgetPolicy(max_calls=3, max_cost_usd=1))
    with meter.room():
        meter.count("agent", 0.1, calls=2)
    with meter.room(), pytest.raises(BudgetExhausted, match="3 of 3 calls"), meter.room():
        pass
    meter.count("judge", 0.9)
    with pytest.raises(BudgetExhausted), meter.room():
        pass
    assert (meter.total_calls, meter.cost_usd) == (3, pytest.approx(1))


def test_a_failed_call_gives_its_place_back():
    meter = Meter(BudgetPolicy(max_calls=1))
    with pytest.raises(OSError, match="down"), meter.room():
        raise OSError("down")
    with meter.room():
        pass


def test_no_limit_is_no_limit():
    meter = Meter()
    meter.count("agent", 1e9, calls=10**6)
    with meter.room():
        pass
