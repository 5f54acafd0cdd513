"""What people decide moves the incumbent like a promotion does: recorded, published, told, and once."""

from datetime import timedelta

import pytest

from nightschool import load_prompt
from nightschool.errors import ConfigError, PromotionError
from nightschool.publishing import publish_owed
from nightschool.records import version_of
from nightschool.settings import Settings
from tests.unit.registry.nights import SEED, a_night, prepare, promoted

HERE = ("production", "support")


def served(registry, home):
    publish_owed(registry, Settings(home=home))
    return load_prompt("support", home=home).text


def test_a_rollback_serves_what_was_served_before(registry, tmp_path):
    promoted(registry, a_night(21), "First.")
    promoted(registry, a_night(22), "Second.")
    made = registry.by_hand.rollback(*HERE, reason="too terse")
    assert (made.kind, made.previous, made.version, made.reason) == (
        "rollback", version_of("Second."), version_of("First."), "too terse",
    )  # fmt: skip
    assert served(registry, tmp_path) == "First."
    assert registry.history(*HERE)[-1] == made
    assert registry.pending("event")[-1].payload["event"] == "nightschool.promotion.rolled_back"


def test_a_rollback_of_a_rollback_is_possible_and_any_version_can_be_named(registry):
    promoted(registry, a_night(21), "First.")
    promoted(registry, a_night(22), "Second.")
    registry.by_hand.rollback(*HERE, reason="x")
    assert registry.by_hand.rollback(*HERE, reason="no, it was good").version == version_of("Second.")
    assert registry.by_hand.rollback(*HERE, reason="x", to=version_of(SEED)[:6]).version == version_of(SEED)
    with pytest.raises(ConfigError):
        registry.by_hand.rollback(*HERE, reason="x", to="nothing-like-it")


def test_there_is_nothing_before_the_first(registry):
    registry.begin(a_night(), SEED)
    with pytest.raises(PromotionError, match="the present one is the first"):
        registry.by_hand.rollback(*HERE, reason="x")


def test_a_prompt_that_a_person_wrote_is_served_as_it_is(registry, tmp_path):
    registry.begin(a_night(), SEED)
    made = registry.by_hand.adopt(*HERE, "  By hand {x}.\n", reason="new policy")
    assert (made.kind, registry.version(made.version).lineage.note) == ("adoption", "written by a person: new policy")
    assert served(registry, tmp_path) == "  By hand {x}.\n"
    with pytest.raises(PromotionError, match="served with already"):
        registry.by_hand.adopt(*HERE, "  By hand {x}.\n", reason="again")


def test_no_person_serves_a_prompt_without_the_locked_text(registry):
    promoted(registry, a_night(21), "First. No keys.")
    held, _, _ = prepare(registry, a_night(22), "Held.", decision="hold")
    locked = {"reason": "x", "locked": "No keys."}
    for move in (
        lambda: registry.by_hand.rollback(*HERE, **locked),
        lambda: registry.by_hand.adopt(*HERE, "By hand.", **locked),
        lambda: registry.by_hand.approve(*HERE, **locked),
    ):
        with pytest.raises(ConfigError, match="lacks the locked text"):
            move()
    assert registry.incumbent(*HERE).version == version_of("First. No keys.")
    assert registry.by_hand.waiting(*HERE).challenger == held, "nothing was decided"
    assert registry.by_hand.adopt(*HERE, "By hand. No keys.", **locked).kind == "adoption"


def test_the_first_prompt_of_a_target_can_be_adopted(registry, tmp_path):
    registry.by_hand.adopt(*HERE, "By hand.", reason="new")
    assert registry.begin(a_night(), SEED).incumbent == version_of("By hand.")
    assert served(registry, tmp_path) == "By hand."


def test_a_promotion_against_what_was_rolled_back_is_refused(registry):
    promoted(registry, a_night(21), "First.")
    challenger, incumbent, verdict_id = prepare(registry, a_night(22), "Second.")
    registry.by_hand.rollback(*HERE, reason="x")
    with pytest.raises(PromotionError):
        registry.promote(a_night(22), challenger, incumbent, verdict_id, "won")


def held(registry, day=21, text="Dear."):
    return prepare(registry, a_night(day), text, decision="hold", sessions=(f"s{day}",))


def test_a_win_that_was_held_back_is_served_when_a_person_approves(registry, tmp_path):
    challenger, incumbent, verdict_id = held(registry)
    assert registry.by_hand.waiting(*HERE).verdict_id == verdict_id
    made = registry.by_hand.approve(*HERE, reason="worth it", by="ann")
    assert (made.kind, made.version, made.previous, made.verdict_id) == ("approval", challenger, incumbent, verdict_id)
    assert served(registry, tmp_path) == "Dear."
    assert registry.examined_sessions(a_night(22)) == {"s21"}
    with pytest.raises(PromotionError, match="No win of support"):
        registry.by_hand.approve(*HERE, reason="again")


def test_a_win_that_is_declined_waits_no_more(registry):
    challenger, incumbent, _ = held(registry)
    assert registry.by_hand.decline(*HERE, reason="too dear").challenger == challenger
    assert registry.by_hand.waiting(*HERE) is None
    assert registry.incumbent(*HERE).version == incumbent
    assert registry.examined_sessions(a_night(22)) == frozenset()


def test_the_last_of_several_waits(registry):
    held(registry, 21, "Dear.")
    challenger, _, _ = held(registry, 22, "Dearer.")
    assert registry.by_hand.waiting(*HERE).challenger == challenger


def test_a_win_against_another_incumbent_waits_no_more(registry):
    held(registry)
    registry.by_hand.adopt(*HERE, "By hand.", reason="x")
    assert registry.by_hand.waiting(*HERE) is None


def test_a_win_that_nobody_decided_on_expires(registry, monkeypatch):
    held(registry)
    monkeypatch.setattr("nightschool.registry.holds.HOLD_NIGHTS", timedelta(seconds=1) / timedelta(days=1))
    assert registry.by_hand.waiting(*HERE) is None


def test_nothing_waits_where_nothing_was_held_back(registry):
    assert registry.by_hand.waiting(*HERE) is None
    promoted(registry, a_night(21), "First.")
    with pytest.raises(PromotionError, match="nightschool history"):
        registry.by_hand.decline(*HERE, reason="x")
