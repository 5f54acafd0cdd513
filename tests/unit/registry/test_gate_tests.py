"""One test at a time for each target: what is fixed before its first reward, what it spends, and how it ends."""

from datetime import date, timedelta

import pytest

from nightschool.errors import IncumbentMoved
from nightschool.records import GateIdentity, Grounds, Lineage, Verdict
from nightschool.registry import Registry
from tests.unit.registry.nights import SEED, a_night, pairs_of, prepare, promoted

AGENT = GateIdentity(grader="g1", agent_code="a1")


def opened(registry, night, text="Answer briefly.", *, identity=AGENT, yearly=1.0):
    start = registry.begin(night, SEED)
    challenger = registry.add_version(text, Lineage()).version
    return registry.tests.open(night, challenger, start.incumbent, identity, horizon=60, unit="session", yearly=yearly)


def night_after(days, **fields):
    night = a_night(1, **fields)
    return night.model_copy(update={"run_date": night.run_date + timedelta(days=days)})


def ended(registry, test, night, decision="reject"):
    registry.tests.plan(test, night, [])
    registry.tests.settle(test.test_id, night, decision, "because")


def test_opening_spends_what_has_accrued_since_the_last_opening_and_never_more_than_a_twelfth(registry):
    first = opened(registry, night_after(0), "one")
    ended(registry, first, night_after(0))
    second = opened(registry, night_after(7), "two")
    ended(registry, second, night_after(7))
    third = opened(registry, night_after(200), "three")
    assert first.terms.alpha == pytest.approx(1 / 365)
    assert second.terms.alpha == pytest.approx(7 / 365)
    assert third.terms.alpha == pytest.approx(1 / 12)
    entries = registry.tests.ledger("production", "support")
    assert [(entry.since, entry.until) for entry in entries] == [
        (date(2026, 10, 31), date(2026, 11, 1)),
        (date(2026, 11, 1), date(2026, 11, 8)),
        (date(2026, 11, 8), date(2027, 5, 20)),
    ]
    assert [entry.spent for entry in entries] == [first.terms.alpha, second.terms.alpha, third.terms.alpha]
    assert registry.tests.spent_in_a_year(night_after(7)) == pytest.approx(8 / 365)


def test_whatever_nights_are_started_the_sum_of_a_year_stays_within_the_budget(registry):
    for n, day in enumerate([0, 0, 3, 1, 3, 60, 59, 61, 200, 201, 364, 100]):
        test = opened(registry, night_after(day), f"prompt {n}", yearly=0.5)
        if test is not None and test.is_open:
            ended(registry, test, night_after(day))
    assert sum(entry.spent for entry in registry.tests.ledger("production", "support")) <= 0.5


def test_a_second_test_on_the_same_run_date_has_nothing_to_spend(registry):
    ended(registry, opened(registry, a_night()), a_night())
    assert opened(registry, a_night(), "another") is None
    assert opened(registry, a_night(20), "of an older night") is None
    assert opened(registry, a_night(22), "of the next night") is not None


def test_a_track_has_a_budget_of_its_own(registry):
    ended(registry, opened(registry, a_night()), a_night())
    assert opened(registry, a_night(track="backfill"), "another") is not None
    assert len(registry.tests.ledger("production", "support")) == 1


def test_the_same_identity_resumes_its_test_and_spends_nothing(registry):
    first = opened(registry, a_night())
    assert opened(registry, a_night(24)) == first
    assert len(registry.tests.ledger("production", "support")) == 1


def test_the_next_night_goes_on_with_the_open_test(registry):
    first = opened(registry, a_night())
    registry.tests.plan(first, a_night(), ["s1"])
    registry.begin(a_night(22), SEED)
    assert registry.tests.carried(a_night(22), AGENT) == first
    ended(registry, first, a_night(22))
    assert registry.tests.carried(a_night(22), AGENT).state == "rejected", "the same night again is the same night"
    assert registry.tests.carried(a_night(23), AGENT) is None


def test_an_older_night_again_leaves_the_tests_of_later_ones_alone(registry):
    first = opened(registry, a_night())
    ended(registry, first, a_night())
    second = opened(registry, a_night(23), "another")
    registry.tests.plan(second, a_night(23), ["s1"])
    for day in (20, 21, 22):
        assert registry.tests.carried(a_night(day), AGENT) is None
    assert registry.tests.carried(a_night(23), AGENT) == registry.tests.carried(a_night(24), AGENT) == second


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        (GateIdentity(grader="g2", agent_code="a1"), "the grader changed"),
        (GateIdentity(grader="g1", agent_code="a2"), "the agent changed"),
        (GateIdentity(grader="g2", agent_code="a2"), "the agent and the grader changed"),
    ],
)
def test_another_agent_or_grader_voids_the_open_test(registry, identity, why):
    first = opened(registry, a_night())
    assert registry.tests.carried(a_night(22), identity) is None
    (found,) = registry.tests.of_target("production", "support")
    assert (found.test_id, found.state, found.why) == (first.test_id, "void", why)
    fresh = opened(registry, a_night(22), identity=identity)
    assert fresh.test_id != first.test_id
    ended(registry, fresh, a_night(22))
    again = opened(registry, a_night(23))
    assert (again.test_id, again.state, again.terms) == (first.test_id, "open", first.terms), "seen before: no new odds"


@pytest.mark.parametrize("night", [a_night(21), a_night(22), a_night(23)])
def test_a_text_that_was_locked_meanwhile_voids_the_test_of_a_challenger_without_it(registry, night):
    first = opened(registry, a_night(21))
    for planned in (a_night(21), a_night(22)):
        registry.tests.plan(first, planned, [f"s{planned.run_date.day}"])
    assert registry.tests.carried(night, AGENT, locked="briefly").is_open
    for _ in range(2):
        assert registry.tests.carried(night, AGENT, locked="No keys.") is None
    (found,) = registry.tests.of_target("production", "support")
    assert (found.state, "lacks the locked text" in found.why) == ("void", True)


def test_a_rollback_and_an_adoption_void_the_open_test(registry):
    promoted(registry, a_night(20), "An earlier winner.")
    for n, move in enumerate([registry.by_hand.rollback, registry.by_hand.adopt]):
        test = opened(registry, a_night(21 + n), f"challenger {n}")
        move("production", "support", *(["Written by hand."] if n else []), reason="it was rude")
        found = next(one for one in registry.tests.of_target("production", "support") if one.test_id == test.test_id)
        assert found.state == "void"
        assert "another prompt is the incumbent" in found.why
        assert registry.tests.carried(a_night(23), AGENT) is None


def test_a_promotion_ends_its_own_test_in_the_same_transaction(registry):
    test = opened(registry, a_night(), "Answer with the bare value.")
    registry.tests.plan(test, a_night(), ["s1"])
    promoted(registry, a_night(), "Answer with the bare value.")
    (found,) = registry.tests.of_target("production", "support")
    assert (found.test_id, found.state, found.ended_on) == (test.test_id, "promoted", a_night().run_date)


def test_a_person_can_end_the_open_test(registry):
    test = opened(registry, a_night())
    declined = registry.by_hand.decline("production", "support", reason="not our tone", by="lan")
    assert declined.test_id == test.test_id
    (found,) = registry.tests.of_target("production", "support")
    assert (found.state, found.why) == ("declined", "declined by lan: not our tone")


def test_a_held_win_is_declined_or_approved_with_its_test(registry):
    for n, (decide, state) in enumerate([(registry.by_hand.decline, "declined"), (registry.by_hand.approve, "promoted")]):
        night, text = a_night(21 + n), f"held {n}"
        test = opened(registry, night, text)
        registry.tests.plan(test, night, ["s1"])
        prepare(registry, night, text, decision="hold")
        registry.tests.settle(test.test_id, night, "hold", "dearer")
        decide("production", "support", reason="looked at it")
        assert registry.tests.of_target("production", "support")[-1].state == state


def test_what_ended_is_retired_against_the_same_incumbent_from_the_next_night_on(registry):
    test = opened(registry, a_night())
    ended(registry, test, a_night())
    assert registry.tests.retired(registry.night(a_night())) == (), "the same night again searches as it did"
    assert registry.tests.retired(registry.begin(a_night(22), SEED)) == (test.challenger,)
    registry.by_hand.adopt("production", "support", "Another incumbent.", reason="new")
    assert registry.tests.retired(registry.begin(a_night(23), SEED)) == ()


def test_the_plan_of_a_night_is_written_once_and_keeps_to_the_horizon(registry):
    test = opened(registry, a_night())
    planned = registry.tests.plan(test, a_night(), [f"s{n}" for n in range(80)])
    assert (planned.number, len(planned.units)) == (1, 60)
    assert registry.tests.plan(test, a_night(), ["other"]) == planned
    bought = pairs_of(*planned.units[:50])
    keep(registry, test, a_night(), bought)
    second = registry.tests.plan(test, a_night(22), [f"t{n}" for n in range(80)])
    assert (second.number, second.units) == (2, tuple(f"t{n}" for n in range(10)))


def test_a_night_before_the_tests_last_one_adds_nothing(registry):
    test = opened(registry, a_night(20))
    registry.tests.plan(test, a_night(20), ["s1"])
    registry.tests.plan(test, a_night(23), ["s2"])
    late = registry.tests.plan(test, a_night(21), ["s3"])
    assert (late.number, late.units) == (1, ())
    assert [night.run_date.day for night in registry.tests.nights(test.test_id)] == [20, 23]


def test_pairs_are_kept_once_and_belong_to_the_night_that_bought_their_unit(registry):
    test = opened(registry, a_night())
    for _ in range(2):
        keep(registry, test, a_night(), pairs_of("s1", "s2"))
    keep(registry, test, a_night(22), pairs_of("s2", "s3"))
    found = registry.tests.pairs(test.test_id)
    assert [(pair.session_id, pair.night) for pair in found] == [("s1", "2026-11-21"), ("s2", "2026-11-21"), ("s3", "2026-11-22")]
    assert [pair.session_id for pair in registry.tests.pairs(test.test_id, before=date(2026, 11, 22))] == ["s1", "s2"]
    assert registry.tests.used_units(test.test_id) == {"s1", "s2", "s3"}


def test_a_user_whom_an_earlier_night_examined_is_not_examined_again(registry):
    test = opened(registry, a_night())
    for night, session in ((a_night(), "s1"), (a_night(22), "s2")):
        (pair,) = pairs_of(session)
        registry.tests.keep_pairs(test.test_id, [("user-1", pair.model_copy(update={"night": night.run_date.isoformat()}))])
    assert [pair.session_id for pair in registry.tests.pairs(test.test_id)] == ["s1"]


def test_only_the_tests_last_night_settles_it(registry):
    test = opened(registry, a_night())
    registry.tests.plan(test, a_night(), ["s1"])
    registry.tests.plan(test, a_night(22), ["s2"])
    registry.tests.settle(test.test_id, a_night(), "reject", "an old night again")
    assert registry.tests.open_test("production", "support") is not None
    registry.tests.settle(test.test_id, a_night(22), "invalid", "the judge was down")
    assert registry.tests.open_test("production", "support") is not None, "a night without trusted numbers changes nothing"
    registry.tests.settle(test.test_id, a_night(22), "reject", "futile")
    assert registry.tests.open_test("production", "support") is None
    registry.tests.settle(test.test_id, a_night(22), "undecided", "with other settings")
    assert registry.tests.open_test("production", "support") is not None


def test_no_test_opens_against_a_prompt_that_is_no_longer_served(registry):
    start = registry.begin(a_night(), SEED)
    registry.by_hand.adopt("production", "support", "Written by hand.", reason="new")
    challenger = registry.add_version("Answer briefly.", Lineage()).version
    with pytest.raises(IncumbentMoved, match="nothing of its challenger was examined"):
        registry.tests.open(a_night(), challenger, start.incumbent, AGENT, horizon=60, unit="session", yearly=1.0)
    assert registry.tests.ledger("production", "support") == ()


def test_a_verdict_keeps_what_it_was_decided_by(registry):
    start = registry.begin(a_night(), SEED)
    grounds = Grounds(test_id="t1", challenger="c1", nights=3)
    verdict = Verdict(decision="undecided", reason="Undecided: because.")
    kept = registry.record_verdict(a_night(), "c1", start.incumbent, verdict, pairs_of("s1"), grounds=grounds)
    assert registry.grounds(kept).model_dump_json() == grounds.model_dump_json()
    assert registry.grounds("no such") is None


def test_tests_outlive_the_process(registry, url):
    test = opened(registry, a_night())
    with Registry(url) as again:
        assert again.tests.open_test("production", "support") == test


def keep(registry, test, night, pairs):
    bought = [pair.model_copy(update={"night": night.run_date.isoformat()}) for pair in pairs]
    registry.tests.keep_pairs(test.test_id, [(pair.session_id, pair) for pair in bought])
