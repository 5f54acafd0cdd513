"""What became of each date, and what production served at a past moment."""

from datetime import UTC, datetime, timedelta

from nightschool.records import BackfillDate, EndState, GateIdentity, Lineage, Night, Nomination
from tests.unit.registry.nights import SEED, a_night, promoted

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def a_date(day, **known):
    night = Night(track="backfill/ab12", target="support", run_date=a_night(day).run_date)
    return BackfillDate(**{"night": night, "state": "Running", "begun_at": LONG_AGO} | known)


def test_a_date_is_known_by_its_last_state(registry):
    registry.backfills.note(a_date(2))
    registry.backfills.note(a_date(1))
    registry.backfills.note(a_date(2, state="Rejected", llm_calls=7))
    known = registry.backfills.dates("backfill/ab12", "support")
    assert [(date.night.run_date.day, date.state, date.llm_calls) for date in known] == [(1, "Running", 0), (2, "Rejected", 7)]
    assert registry.backfills.dates("backfill/ab12.2", "support") == ()


def test_the_incumbent_of_a_past_moment_is_the_one_of_then(registry):
    first = promoted(registry, a_night(1), "One.")
    second = promoted(registry, a_night(2), "Two.")

    def as_of(moment):
        return registry.backfills.production_as_of("support", moment).text

    assert as_of(second.at + timedelta(seconds=1)) == "Two."
    assert as_of(second.at) == "One."
    assert as_of(first.at) == SEED
    assert as_of(LONG_AGO) == SEED, "before the first prompt there was no other"
    assert registry.backfills.production_as_of("sales", second.at) is None


def test_a_date_ends_well_badly_or_not_at_all():
    ended = {state: a_date(1, state=state).has_ended for state in (*EndState, "Running", "Failed")}
    assert [state for state, has_ended in ended.items() if not has_ended] == ["Skipped", "Running"]
    assert [state for state in ended if a_date(1, state=state).has_failed] == ["Invalid", "Failed"]


def nominated(registry, text, at):
    challenger = registry.add_version(text, Lineage(track="backfill/ab12", target="support")).version
    sent = Nomination(target="support", challenger=challenger, track="backfill/ab12", seen_until=LONG_AGO, at=at)
    registry.backfills.nominate(sent)
    return sent


def test_a_prompt_that_a_backfill_sends_waits_until_its_test_is_opened(registry):
    start = registry.begin(a_night(1), SEED)
    sent = nominated(registry, "Better.", start.started_at)
    assert registry.backfills.waiting("support") == sent
    assert registry.backfills.waiting("sales") is None
    opened = registry.tests.open(
        a_night(2), sent.challenger, start.incumbent, GateIdentity(), horizon=60, unit="session", yearly=1.0
    )
    assert opened is not None
    assert registry.backfills.waiting("support") is None
    assert registry.backfills.nomination("support", sent.challenger) == sent, "its test must know what it has seen"
    again = nominated(registry, "Better.", opened.opened_at + timedelta(days=1))
    assert registry.backfills.waiting("support") == again


def test_of_two_that_were_sent_the_last_one_waits_and_what_is_served_does_not(registry):
    move = promoted(registry, a_night(1), "Served.")
    nominated(registry, "Earlier.", LONG_AGO)
    last = nominated(registry, "Later.", LONG_AGO + timedelta(days=1))
    assert registry.backfills.waiting("support") == last
    nominated(registry, "Served.", move.at)
    assert registry.backfills.waiting("support") is None


def test_a_pair_that_ended_does_not_wait_again_by_being_sent_again(registry):
    start = registry.begin(a_night(1), SEED)
    sent = nominated(registry, "Better.", start.started_at)
    test = registry.tests.open(
        a_night(2), sent.challenger, start.incumbent, GateIdentity(), horizon=60, unit="session", yearly=1.0
    )
    registry.tests.plan(test, a_night(2), [])
    registry.tests.settle(test.test_id, a_night(2), "reject", "because")
    nominated(registry, "Better.", test.opened_at + timedelta(days=1))
    assert registry.backfills.waiting("support") is None
