"""A turn that is stored after its night is found by a later one, also where a night reads a day alone."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightschool.dataset.card import card_as_markdown
from nightschool.records import DataPolicy
from nightschool.settings import load_settings
from tasks.parameters import RetrainParameters
from tests.data_site import NOON, a_turn

FEW = settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIRST = NOON.date()
THINGS = ["kettle", "desk", "lamp", "router", "helmet", "jacket", "printer", "bottle", "camera", "ladder", "drill"]


def turns_of(day, number):
    return [
        a_turn(f"d{day}-{n}", f"is the {THINGS[n]} number {day}{n} in stock", created_at=NOON + timedelta(days=day))
        for n in range(number)
    ]


def night(site, day, stored, *, ledger, days=1):
    """The night of a day, on what is stored by then."""
    window = load_settings().window_of_night(FIRST + timedelta(days=day), days=days)
    read = site.extract(stored, window=window, policy=DataPolicy())
    return site.prepare_turns(read.turns, ledger=ledger, overlap_days=window.overlap_days)


@given(delays=st.lists(st.integers(0, 2), min_size=4, max_size=4))
@FEW
def test_each_turn_is_read_by_a_night_and_once_in_each_and_keeps_its_set(new_site, delays):
    site, ledger, set_of = new_site(), None, {}
    for day in range(5):
        stored = [row for made in range(min(day, 3) + 1) for row in turns_of(made, 10) if made + delays[made] <= day]
        if not stored:
            continue
        made = night(site, day, stored, ledger=ledger)
        ledger, audit = made.ledger, site.rows(made.audit)
        assert len({row["run_id"] for row in audit}) == len(audit) == made.counts["read"]
        for row in audit:
            if row["set"]:
                assert set_of.setdefault(row["run_id"], row["set"]) == row["set"]
    assert set(set_of) == {row.run_id for made in range(4) if made + delays[made] <= 4 for row in turns_of(made, 10)}


def test_what_an_earlier_night_prepared_adds_nothing_to_the_ledger(site):
    stored = turns_of(0, 10)
    first = night(site, 0, stored, ledger=None)
    late = turns_of(0, 11)[-1:]
    second = night(site, 1, stored + late + turns_of(1, 3), ledger=first.ledger)
    before, after = (site.rows(made.ledger) for made in (first, second))
    assert [row for row in after if row in before] == before
    assert len(after) == len(before) + 1 + 3


def test_the_card_says_which_days_were_read_again(site):
    card = site.store.read_json(night(site, 1, turns_of(0, 3) + turns_of(1, 3), ledger=None).card)
    assert card["days"]["read_again"] == 2
    assert "The first 2 days were read again" in card_as_markdown(card)


@pytest.mark.parametrize(
    ("given_options", "overlap", "first_day", "again"),
    [
        ({"days": 1}, 2, 19, 2),
        ({"days": 2}, 2, 19, 1),
        ({"days": 3}, 2, 19, 0),
        ({"days": 1}, 0, 21, 0),
        ({"start": date(2026, 11, 21)}, 2, 21, 0),
        ({"days": 1, "track": "backfill/2026-11"}, 2, 21, 0),
    ],
)
def test_a_short_night_reads_the_days_before_it(monkeypatch, given_options, overlap, first_day, again):
    monkeypatch.setenv("NIGHTSCHOOL_DATA__OVERLAP_DAYS", str(overlap))
    parameters = RetrainParameters(**given_options)
    window = parameters.window(parameters.settings(), date(2026, 11, 21))
    assert (window.start.day, window.end.day, window.overlap_days) == (first_day, 22, again)
