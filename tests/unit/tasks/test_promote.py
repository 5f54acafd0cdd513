"""A win against a prompt that is no longer served is not lost: the next night judges it against what is."""

import pytest

from nightschool.errors import IncumbentMoved
from nightschool.records import Candidate, Lineage, Verdict, version_of
from nightschool.registry import Registry
from nightschool.settings import load_settings
from tasks.gate import Judged
from tasks.promote import promote
from tests.unit.registry.nights import SEED, a_night

WINNER = Candidate(version=version_of("Better."), text="Better.")


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return load_settings(home=tmp_path, target="support")


def won_too_late(settings, night):
    """A night that wins after somebody has adopted another prompt; returns what waits for production's gate then."""
    judged = Judged(verdict=Verdict(decision="promote", reason="Promote: because."))
    with Registry(settings.database_url("registry")) as book:
        book.begin(night, SEED)
        if book.incumbent(night.track, "support").text == SEED:
            book.by_hand.adopt(night.track, "support", "By hand.", reason="meanwhile")
        with pytest.raises(IncumbentMoved, match="somebody moved it meanwhile"):
            promote.fn(night, SEED, WINNER, judged, (), Lineage(), settings=settings)
        return book.backfills.waiting("support")


def test_a_win_that_came_too_late_is_the_next_nights_challenger_once(settings):
    sent = won_too_late(settings, a_night())
    assert (sent.challenger, sent.track, sent.seen_until) == (
        WINNER.version,
        "production",
        settings.window(a_night().run_date, days=1).end,
    )
    assert won_too_late(settings, a_night()) == sent, "the same night again sends nothing anew"


def test_on_another_track_nothing_is_sent(settings):
    assert won_too_late(settings, a_night(track="trial")) is None
