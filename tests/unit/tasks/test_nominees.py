"""What a backfill sent to the gate is examined only on sessions that it can't have been made from."""

from datetime import UTC, date, datetime, timedelta

import pytest

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import Prepared
from nightschool.records import Example, GateIdentity, Lineage, Night, Nomination, Splits, version_of
from nightschool.registry import Registry
from nightschool.settings import load_settings
from tasks import nominees
from tasks.nominees import nominee, send_again, with_seen

SEEN_UNTIL = datetime(2026, 10, 5, tzinfo=UTC)
TONIGHT = Night(target="support", run_date=date(2026, 11, 21))
NOWHERE = ArtifactRef(kind="card", digest="0" * 64, rows=0, suffix=".json")
SETS = Prepared(examples=NOWHERE, audit=NOWHERE, card=NOWHERE, ledger=NOWHERE, is_small=False, counts={})


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return load_settings(home=tmp_path, target="support")


@pytest.fixture
def book(settings):
    with Registry(settings.database_url("registry")) as registry:
        yield registry


@pytest.fixture
def held_out(monkeypatch):
    """Make the night's held-out sessions: names with the days that they lie after what the backfill has read."""

    def make(**sessions):
        examples = tuple(
            Example(example_id=f"e-{name}", session_id=name, question="?", timestamp=SEEN_UNTIL + timedelta(days=days))
            for name, days in sessions.items()
        )
        monkeypatch.setattr(nominees, "load_splits", lambda *_: Splits(held_out=examples))

    return make


def sent(book, text="Better."):
    challenger = book.add_version(text, Lineage(track="backfill/ab", target="support")).version
    nomination = {"target": "support", "challenger": challenger, "track": "backfill/ab", "seen_until": SEEN_UNTIL}
    book.backfills.nominate(Nomination(**nomination, at=datetime.now(UTC)))
    return challenger


def test_it_is_tonights_challenger_on_newer_sessions_alone(settings, book, held_out):
    start = book.begin(TONIGHT, "Served.")
    held_out(old=-1, newer=0, examined=1)
    assert nominee(settings, start, "Served.", SETS, ["examined"]) is None, "nothing was sent"
    challenger = sent(book)
    found = nominee(settings, start, "Served.", SETS, ["examined"])
    assert (found.challenger.version, found.challenger.text, found.challenger.edit) == (challenger, "Better.", "backfill")
    assert found.examined == ["examined", "old"]
    assert found.found.seed.version == version_of("Served.")


def test_without_a_newer_session_it_waits_and_the_night_searches(settings, book, held_out):
    start = book.begin(TONIGHT, "Served.")
    sent(book)
    held_out(old=-1, examined=1)
    assert nominee(settings, start, "Served.", SETS, ["examined"]) is None
    held_out(new=1)
    assert nominee(settings, start, "Served.", SETS, []) is not None


@pytest.mark.parametrize(("served", "locked"), [("Served to {name}.", ""), ("Served. No keys.", "No keys.")])
def test_what_no_search_of_tonight_could_propose_waits(settings, book, held_out, served, locked):
    held_out(new=1)
    sent(book)
    start = book.begin(TONIGHT, served)
    settings = settings.model_copy(update={"prompt": settings.prompt.model_copy(update={"locked": locked})})
    assert nominee(settings, start, served, SETS, []) is None


def test_other_tracks_never_take_it(settings, book, held_out):
    held_out(new=1)
    sent(book)
    start = book.begin(TONIGHT.model_copy(update={"track": "backfill/cd"}), "Served.")
    assert nominee(settings, start, "Served.", SETS, []) is None


def test_every_night_of_its_test_leaves_older_sessions_out_and_other_tests_use_them(settings, book, held_out):
    start = book.begin(TONIGHT, "Served.")
    held_out(old=-1, new=1)
    challenger, other = sent(book), book.add_version("Searched.", Lineage()).version

    def opened(version, night):
        return book.tests.open(night, version, start.incumbent, GateIdentity(), horizon=60, unit="session", yearly=1.0)

    test = opened(challenger, TONIGHT)
    assert with_seen(settings, test, SETS, ["examined"]) == ["examined", "old"]
    assert with_seen(settings, test.model_copy(update={"challenger": other}), SETS, ["examined"]) == ["examined"]


def test_what_won_too_late_is_judged_on_sessions_after_its_night_but_in_its_own_test_on_all(settings, book, held_out):
    start = book.begin(TONIGHT, "Served.")
    late = book.add_version("Better.", Lineage()).version
    own = book.tests.open(TONIGHT, late, start.incumbent, GateIdentity(), horizon=60, unit="session", yearly=1.0)
    book.by_hand.adopt("production", "support", "By hand.", reason="meanwhile")
    send_again(settings, TONIGHT, late)
    held_out(that_night=47, later=60)
    tomorrow = book.begin(TONIGHT.model_copy(update={"run_date": TONIGHT.run_date + timedelta(days=1)}), "")
    found = nominee(settings, tomorrow, "By hand.", SETS, [])
    assert (found.challenger.version, found.examined) == (late, ["that_night"])
    assert found.found.stopped == f"no search tonight: {late} won when another prompt was served"
    assert with_seen(settings, own, SETS, []) == []
