"""A test that one night can't decide: the next one goes on with it, and searches for nothing."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from nightschool.records import Night, version_of
from tests.integration.night.conftest import FIRST_DAY, SECOND_DAY, TARGET, Home

ROLES = ("critic", "editor")


@pytest.fixture(scope="module")
def carried(first_night, tmp_path_factory):
    """A home whose first night began anew, with a gate that asks for more sessions than a day brings; then the second night."""
    path = tmp_path_factory.mktemp("carried") / "home"
    shutil.copytree(first_night.home.path, path, ignore=shutil.ignore_patterns("registry.db*", "served", "reports"))
    desk = first_night.home.desk
    home = Home(
        path,
        type(desk)(
            desk.database,
            desk.feedback,
            desk.endpoint,
            desk.environment | {"NIGHTSCHOOL_GATE__MIN_SESSIONS": "150", "NIGHTSCHOOL_GATE__UNIT": "session"},
        ),
    )
    first = home.run_night()
    asked = desk.counts()
    second = home.run_night(SECOND_DAY)
    return home, first, second, asked, desk.counts()


def test_the_next_night_goes_on_with_the_test_and_decides_on_the_pairs_of_both(carried):
    home, first, second, _, _ = carried
    assert (first.name, second.name) == ("Undecided", "Promoted")
    assert "the test goes on tomorrow" in first.message
    before, after = home.report().verdict, home.report(SECOND_DAY).verdict
    assert (before.nights, after.nights) == (1, 2)
    assert after.n_sessions >= 150 > before.n_sessions
    assert after.alpha == before.alpha == pytest.approx(1 / 365), "the odds are those of the opening"
    assert after.path[: len(before.path)] == before.path
    assert home.incumbent() == home.report().challenger_text


def test_it_buys_new_units_only_and_pays_for_no_search(carried):
    home, _, _, before, after = carried
    assert {role: after.get(role, 0) for role in ROLES} == {role: before.get(role, 0) for role in ROLES}
    nights = [{pair.session_id for pair in home.report(day).pairs} for day in (FIRST_DAY, SECOND_DAY)]
    assert all(nights)
    assert not nights[0] & nights[1]
    assert "no search tonight" in home.report(SECOND_DAY).search.stopped


def test_the_registry_knows_order_odds_and_rewards_of_both_nights(carried):
    home, *_ = carried
    with home.registry() as book:
        (test,) = book.tests.of_target("production", TARGET)
        nights, (entry,) = book.tests.nights(test.test_id), book.tests.ledger("production", TARGET)
        kept = book.tests.pairs(test.test_id)
        final = book.verdicts("production", TARGET)[-1]
        grounds = book.grounds(final.verdict_id)
        assert [pair.example_id for pair in book.pairs_behind(final.verdict_id)] == [pair.example_id for pair in kept]
    assert (test.state, test.opened_on, test.ended_on) == ("promoted", FIRST_DAY, SECOND_DAY)
    assert test.identity.agent_model == test.identity.judge_model == "simulated-1"
    assert set(test.identity.agent_tools) >= {"calculator", "order_status"}
    assert [night.number for night in nights] == [1, 2]
    assert {pair.session_id for pair in kept} <= {unit for night in nights for unit in night.units}
    assert (entry.test_id, entry.spent) == (test.test_id, test.terms.alpha)
    assert (grounds.test_id, grounds.nights, grounds.challenger) == (test.test_id, 2, test.challenger)


def test_both_nights_again_ask_nothing_and_change_nothing(carried):
    home, *_, counts = carried
    reports = home.report(), home.report(SECOND_DAY)
    assert home.run_night().name == "Undecided"
    assert home.run_night(SECOND_DAY).name == "Promoted"
    assert (home.report(), home.report(SECOND_DAY)) == reports
    assert home.desk.counts()["total"] == counts["total"]


def test_what_has_ended_is_not_offered_again(carried):
    home, *_ = carried
    with home.registry() as book:
        start = book.begin(Night(target=TARGET, run_date=SECOND_DAY + timedelta(days=1)), "seed")
        book.by_hand.rollback("production", TARGET, reason="it was rude")
        again = book.begin(Night(target=TARGET, run_date=SECOND_DAY + timedelta(days=2)), "seed")
        assert book.tests.retired(start) == ()
        assert book.tests.retired(again) == (version_of(home.report().challenger_text),)
