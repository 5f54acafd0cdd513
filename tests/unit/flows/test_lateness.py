"""After downtime no storm: which of the nights that were missed still run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.lateness import which_are_skipped
from nightschool.records import SchedulePolicy

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def nights(*hours_late: float) -> list[datetime]:
    return [NOW - timedelta(hours=hours) for hours in hours_late]


@pytest.mark.parametrize(
    ("policy", "late", "skipped"),
    [
        ("one", [6], []),
        ("one", [6, 30, 54], [30, 54]),
        ("one", [30, 54, 78], [54, 78]),
        ("none", [6, 30, 54], [30, 54]),
        ("none", [30], [30]),
        ("all", [6, 30, 54], []),
    ],
)
def test_missed_nights_are_coalesced_or_skipped(policy, late, skipped):
    assert which_are_skipped(nights(*late), NOW, SchedulePolicy(catch_up=policy)) == nights(*skipped)


@given(st.lists(st.integers(min_value=-100, max_value=1000), min_size=1, unique=True))
def test_exactly_one_night_catches_up_and_what_is_due_or_to_come_always_runs(hours):
    due = nights(*hours)
    left = set(due) - set(which_are_skipped(due, NOW, SchedulePolicy()))
    assert {moment for moment in due if NOW - moment <= timedelta(hours=24)} <= left
    run_now = [moment for moment in left if moment <= NOW]
    missed = [moment for moment in due if NOW - moment > timedelta(hours=24)]
    assert not missed or (run_now and max(due_ for due_ in due if due_ <= NOW) in run_now)
    assert len([moment for moment in run_now if NOW - moment > timedelta(hours=24)]) <= 1
