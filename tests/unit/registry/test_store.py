"""What goes into the registry stays there, once, and comes out as it was."""

import sqlite3

import pytest

from nightschool.errors import ConfigError, IncumbentMoved, PromotionError
from nightschool.records import Lineage, Verdict, version_of
from nightschool.registry import Registry, SettledSets
from tests.unit.registry.nights import SEED, a_night, pairs_of, prepare, promoted


def test_a_new_target_starts_from_its_seed(registry):
    assert registry.incumbent("production", "support") is None
    start = registry.begin(a_night(), SEED)
    assert start.incumbent == version_of(SEED)
    assert registry.incumbent("production", "support").text == SEED
    (seeded,) = registry.history("production", "support")
    assert (seeded.kind, seeded.previous, seeded.version) == ("seed", "", version_of(SEED))
    assert registry.targets() == (("production", "support"),)


def test_a_seed_is_not_published(registry):
    registry.begin(a_night(), SEED)
    assert registry.pending() == ()


def test_the_same_night_twice_is_the_same_night_also_after_it_promoted(registry):
    registry.settle(a_night(20), "r", SettledSets(before="", after="ledger-1"))
    start = registry.begin(a_night(), SEED)
    promoted(registry, a_night(), "Answer with the bare value.")
    registry.settle(a_night(), "r", SettledSets(before="ledger-1", after="ledger-2"))
    assert registry.begin(a_night(), "another seed") == start == registry.night(a_night())
    assert start.ledger == "ledger-1"


def test_the_next_night_starts_from_what_was_promoted(registry):
    made = promoted(registry, a_night(21), "Answer with the bare value.")
    registry.settle(a_night(21), "r", SettledSets(before="", after="ledger-2"))
    start = registry.begin(a_night(22), "another seed")
    assert (start.incumbent, start.ledger) == (made.version, "ledger-2")


def test_targets_and_tracks_do_not_meet(registry):
    promoted(registry, a_night(), "Answer with the bare value.")
    for other in (a_night(target="support/math"), a_night(track="backfill/7")):
        assert registry.begin(other, SEED).incumbent == version_of(SEED)
        assert registry.ledger(other.track, other.target) == ""
    assert registry.incumbent("production", "support").text == "Answer with the bare value."


def test_the_same_text_is_the_same_version_with_its_first_lineage(registry):
    first = registry.add_version("Tính từng bước {x} $$", Lineage(note="first"))
    again = registry.add_version("Tính từng bước {x} $$", Lineage(note="second"))
    assert again == first == registry.version(first.version)
    assert registry.version(first.version[:5].upper()) == first


def test_a_prefix_that_names_none_or_several_says_which_are_near(registry):
    with pytest.raises(ConfigError, match="No prompt version") as none_stored:
        registry.version("abc")
    assert "None was stored yet" in none_stored.value.next_step

    texts = [f"prompt {n}" for n in range(40)]
    names = [registry.add_version(text, Lineage()).version for text in texts]
    shared = next(a for a in "0123456789abcdef" if sum(name.startswith(a) for name in names) > 1)
    with pytest.raises(ConfigError, match=f"begin with '{shared}'"):
        registry.version(shared)
    wrong = names[0][:-1] + ("0" if names[0][-1] != "0" else "1")
    with pytest.raises(ConfigError) as missing:
        registry.version(wrong)
    assert names[0] in missing.value.next_step
    with pytest.raises(ConfigError):
        registry.version("")


def test_a_promotion_moves_the_incumbent_and_leaves_its_record(registry):
    made = promoted(registry, a_night(), "Answer with the bare value.")
    assert registry.incumbent("production", "support").version == made.version
    seeded, stored = registry.history("production", "support")
    assert stored == made
    assert (made.kind, made.previous, made.run_date) == ("promotion", seeded.version, "2026-11-21")
    assert [item.kind for item in registry.pending()] == ["event", "publish"]
    (event,) = registry.pending("event")
    assert event.payload["event"] == "nightschool.promotion.promoted"
    assert event.payload["version"] == made.version


def test_the_same_promotion_twice_is_one_promotion(registry):
    challenger, incumbent, verdict_id = prepare(registry, a_night(), "Answer with the bare value.")
    first = registry.promote(a_night(), challenger, incumbent, verdict_id, "because")
    assert registry.promote(a_night(), challenger, incumbent, verdict_id, "because") == first
    assert len(registry.history("production", "support")) == 2
    assert len(registry.pending()) == 2

    later = promoted(registry, a_night(22), "Answer in one line.")
    assert registry.promote(a_night(), challenger, incumbent, verdict_id, "because") == first
    assert registry.incumbent("production", "support").version == later.version


def test_a_promotion_against_a_moved_incumbent_is_refused(registry):
    late, incumbent, verdict_id = prepare(registry, a_night(21), "Answer slowly.")
    made = promoted(registry, a_night(22), "Answer in one line.")
    with pytest.raises(IncumbentMoved, match=made.version):
        registry.promote(a_night(21), late, incumbent, verdict_id, "because")
    assert registry.incumbent("production", "support").version == made.version
    assert len(registry.history("production", "support")) == 2


@pytest.mark.parametrize("decision", ["reject", "undecided", "hold", "invalid"])
def test_only_a_verdict_that_promotes_allows_a_promotion(registry, decision):
    challenger, incumbent, verdict_id = prepare(registry, a_night(), "Answer with the bare value.", decision=decision)
    with pytest.raises(PromotionError, match=decision):
        registry.promote(a_night(), challenger, incumbent, verdict_id, "because")
    assert registry.incumbent("production", "support").version == incumbent


def test_a_verdict_about_other_prompts_or_none_allows_nothing(registry):
    challenger, incumbent, verdict_id = prepare(registry, a_night(), "Answer with the bare value.")
    other = registry.add_version("Another one.", Lineage()).version
    for version, verdict in ((other, verdict_id), (challenger, "unknown")):
        with pytest.raises(PromotionError, match="does not allow"):
            registry.promote(a_night(), version, incumbent, verdict, "because")
    with pytest.raises(PromotionError, match="no prompt version"):
        registry.promote(a_night(), "000000000000", incumbent, verdict_id, "because")


def test_verdicts_keep_their_reward_rows(registry):
    night, rows = a_night(), pairs_of("s2", "s1")
    start = registry.begin(night, SEED)
    verdict = Verdict(decision="undecided", reason="Undecided: because.", interval=(-0.1, 0.2), path=(0.1, 0.2))
    name = registry.record_verdict(night, "c", start.incumbent, verdict, rows, gate_digest="g")
    assert registry.record_verdict(night, "c", start.incumbent, verdict, rows, gate_digest="g") == name
    assert registry.record_verdict(night, "c", start.incumbent, verdict, rows, gate_digest="h") != name
    assert registry.verdict(name).verdict == verdict
    assert registry.pairs_behind(name) == tuple(rows)
    assert [stored.gate_digest for stored in registry.verdicts("production", "support")] == ["g", "h"]
    assert registry.verdict("unknown") is None


def test_examined_sessions_are_those_of_promotions_before_the_night_began(registry):
    promoted(registry, a_night(20), "Answer with the bare value.", sessions=("a", "b"))
    prepare(registry, a_night(21), "Answer in verse.", decision="reject", sessions=("c",))
    promoted(registry, a_night(22), "Answer in one line.", sessions=("d",))
    registry.begin(a_night(19), SEED)

    def examined(day):
        return registry.examined_sessions(a_night(day))

    assert examined(20) == frozenset()
    assert examined(22) == {"a", "b"}
    assert examined(23) == {"a", "b", "d"}
    assert examined(19) == {"a", "b", "d"}, "an older night that begins later"
    assert registry.examined_sessions(a_night(23, target="other")) == frozenset()


def test_a_night_that_is_forgotten_begins_anew(registry):
    first = registry.begin(a_night(), SEED)
    registry.forget(first)
    assert registry.night(a_night()) is None
    again = registry.begin(a_night(), SEED)
    assert again.started_at > first.started_at
    registry.forget(first)
    assert registry.night(a_night()) == again, "what was forgotten was another beginning"


def test_a_night_with_a_verdict_is_not_forgotten(registry):
    prepare(registry, a_night(), "Answer in verse.", decision="reject")
    start = registry.night(a_night())
    registry.forget(start)
    assert registry.night(a_night()) == start


def test_the_ledger_moves_only_from_where_it_stands(registry):
    first, late = SettledSets(before="", after="l1"), SettledSets(before="", after="l2")
    assert registry.settled(a_night(21), "reading") is None
    assert registry.settle(a_night(21), "reading", first)
    assert not registry.settle(a_night(20), "reading", late)
    assert registry.ledger("production", "support") == "l1"
    assert registry.settled(a_night(20), "reading") is None
    assert registry.settle(a_night(20), "reading", SettledSets(before="l1", after="l2"))
    assert registry.settle(a_night(21), "reading", first), "what was settled stays settled"
    assert not registry.settle(a_night(21), "other reading", first)
    assert registry.ledger("production", "support") == "l2"
    assert registry.settled(a_night(21), "reading") == first


def test_a_reading_that_gives_other_sets_now_is_settled_anew(registry):
    """As after an update of nightschool itself."""
    assert registry.settle(a_night(), "reading", SettledSets(before="", after="l1"))
    assert not registry.settle(a_night(), "reading", SettledSets(before="", after="l1 of newer code"))
    anew = SettledSets(before="l1", after="l2")
    assert registry.settle(a_night(), "reading", anew)
    assert registry.settled(a_night(), "reading") == anew


def test_what_was_done_is_no_longer_pending(registry):
    promoted(registry, a_night(), "Answer with the bare value.")
    (event,) = registry.pending("event")
    registry.mark_done(event.id)
    registry.mark_done(event.id)
    assert [item.kind for item in registry.pending()] == ["publish"]


def test_it_is_all_there_when_it_is_opened_again(url, registry):
    made = promoted(registry, a_night(), "Answer with the bare value.")
    with Registry(url) as again:
        assert again.history("production", "support")[-1] == made


def test_a_file_that_is_no_database_is_refused_in_one_sentence(tmp_path):
    broken = tmp_path / "registry.db"
    broken.write_text("this is a diary, and long enough to be looked at as a header of a database " * 20)
    with pytest.raises(ConfigError, match="can't be opened") as refused:
        Registry(f"sqlite:///{broken}")
    assert "not a database" in refused.value.message


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(ConfigError, match="can't be opened"):
        Registry(f"sqlite:///{tmp_path / 'home' / 'registry.db'}")


def test_a_registry_that_somebody_else_writes_to_is_left_alone(url, registry, monkeypatch):
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("nightschool.databases.BUSY_TIMEOUT_S", 0)
    with Registry(url) as impatient, pytest.raises(PromotionError, match="locked"):
        impatient.begin(a_night(), SEED)
    other.execute("ROLLBACK")
    other.close()
    assert registry.begin(a_night(), SEED).incumbent == version_of(SEED)


def test_an_event_is_put_once_for_its_cause(registry):
    def put(event, once, target="support"):
        return registry.put_event("production", target, f"nightschool.{event}", {"sentence": 'It "lost", 100%_.'}, once=once)

    assert put("promotion.rejected", "2026-11-21")
    assert not put("promotion.rejected", "2026-11-21")
    assert put("promotion.rejected", "2026-11-22")
    assert put("promotion.held", "2026-11-21")
    assert put("promotion.rejected", "2026-11-21", target="support/math")
    first, *_ = events = registry.pending("event")
    registry.mark_done(first.id)
    assert not put("promotion.rejected", "2026-11-21"), "also once it was raised"
    assert len(events) == len({event.payload["key"] for event in events}) == 4
    assert first.payload["sentence"] == 'It "lost", 100%_.'
