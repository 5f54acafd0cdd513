"""The plan of a backfill: which dates, on how many turns, at most at what cost; and which are done."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.preflight.backfill import BackfillPlan, plan_dates, run_dates
from nightschool.records import BackfillDate, Night
from nightschool.settings import load_settings

FIRST = date(2026, 10, 1)
DATES = [FIRST + timedelta(days=n) for n in range(5)]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """A desk with 3 turns on the first day, 2 on the second, none on the third and fourth, 1 on the fifth."""
    monkeypatch.chdir(tmp_path)
    said = [
        {"user_message": f"Question {day} {n}?", "agent_response": "Yes.", "timestamp": f"2026-10-0{day}T10:00:0{n}+00:00"}
        for day, turns in ((1, 3), (2, 2), (5, 1))
        for n in range(turns)
    ]
    (tmp_path / "said.jsonl").write_text("\n".join(json.dumps(row) for row in said))
    return load_settings(home=tmp_path, target="support", agent_db=str(tmp_path / "said.jsonl"))


def known(day, state):
    night = Night(track="backfill/ab", target="support", run_date=FIRST + timedelta(days=day - 1))
    return BackfillDate(night=night, state=state, begun_at=datetime(2026, 11, 1, tzinfo=UTC))


def planned(settings, *, days=1, every_days=1, reprocess="failed", before=()):
    return plan_dates(settings, DATES, every_days=every_days, days=days, known=before, reprocess=reprocess)


def test_turns_gaps_and_dates_without_data_are_seen_before_anything_runs(settings):
    alone, three_days = planned(settings), planned(settings, days=3)
    assert [date.turns for date in alone] == [3, 2, 0, 0, 1]
    assert [date.expected for date in alone] == ["", "", "NoData: its window has no turn", "NoData: its window has no turn", ""]
    assert [date.turns for date in three_days] == [3, 5, 5, 2, 1]
    assert [date.expected.split(":")[0] for date in three_days] == ["", "", "gap", "gap", ""]


def test_the_bound_grows_with_the_turns_and_is_nothing_without_any(settings):
    calls = [date.bound.llm_calls for date in planned(settings)]
    assert calls[0] > calls[1] > calls[4] > 0
    assert calls[2] == calls[3] == 0
    plan = BackfillPlan(target="support", track="t", first_prompt="Answer.", because="", days=1, dates=planned(settings))
    assert plan.bound.llm_calls == sum(calls)


@pytest.mark.parametrize(
    ("reprocess", "to_do"),
    [("none", [3, 4, 5]), ("failed", [2, 3, 4, 5])],
)
def test_what_has_ended_is_skipped_and_what_was_interrupted_goes_on(settings, reprocess, to_do):
    before = [known(1, "Rejected"), known(2, "Failed"), known(3, "Running")]
    found = planned(settings, reprocess=reprocess, before=before)
    assert [date.run_date.day for date in found if date.to_do] == to_do
    assert found[0].expected == "done: Rejected"
    assert found[0].turns == 0, "what is done is not counted again"


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400), st.integers(1, 40))
def test_run_dates_are_in_order_evenly_apart_and_within_the_range(first, length, every):
    last = first + timedelta(days=length)
    found = run_dates(first, last, every)
    assert found[0] == first
    assert last - timedelta(days=every) < found[-1] <= last
    assert {(after - before).days for before, after in pairwise(found)} <= {every}
