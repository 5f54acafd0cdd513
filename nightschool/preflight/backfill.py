"""What can be said of a backfill before it spends anything: its dates, what there is to learn from, and what it can cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from nightschool.preflight.estimate import Estimate, Sizes, bound_of, most_checked
from nightschool.records import BackfillDate, DataPolicy, GatePolicy, Record, ShadowPolicy, Window, version_of
from nightschool.sources import open_source

if TYPE_CHECKING:
    from nightschool.settings import Settings

Reprocess = Literal["none", "failed", "all"]

MODEL_CALLS_OF_A_ROLLOUT = 3
"""Taken for an agent that uses at most two tools in an answer: how many it does is known when the turns have been read."""
EXAMPLES_OF_A_UNIT = 10
"""Taken as the most that a session (or user) of the exam has."""


class PlannedDate(Record):
    """One run date, and what is known of it before it runs. Turns are counted only where it is still to be done."""

    run_date: date
    known: str = ""
    """Where an earlier run of the backfill left it; empty where none came to it."""
    to_do: bool
    turns: int = 0
    """In its whole window."""
    new_turns: int = 0
    """Since the run date before."""
    bound: Estimate = Estimate(rollouts=0, llm_calls=0, cost_usd=0.0)

    @property
    def expected(self) -> str:
        """What is to be expected of it, in words."""
        if not self.to_do:
            return f"done: {self.known}"
        if not self.turns:
            return "NoData: its window has no turn"
        if not self.new_turns:
            return "gap: no turn since the date before"
        return {"": "", "Running": "was interrupted: goes on"}.get(self.known, f"once more: {self.known}")


class BackfillPlan(Record):
    """The dates of one target, in order, on their own track."""

    target: str
    track: str
    first_prompt: str
    """The text that the first date starts from."""
    because: str
    """Why it is that one."""
    days: int
    """Length of each date's window."""
    dates: tuple[PlannedDate, ...]

    @property
    def begins_with(self) -> str:
        """The version of the first prompt."""
        return version_of(self.first_prompt)

    @property
    def to_do(self) -> tuple[PlannedDate, ...]:
        """The dates that are still to be run."""
        return tuple(planned for planned in self.dates if planned.to_do)

    @property
    def bound(self) -> Estimate:
        """At most so much, for all that is still to be done."""
        bounds = [planned.bound for planned in self.to_do]
        return Estimate(
            rollouts=sum(bound.rollouts for bound in bounds),
            llm_calls=sum(bound.llm_calls for bound in bounds),
            cost_usd=sum(bound.cost_usd for bound in bounds),
        )


def run_dates(first: date, last: date, every_days: int) -> list[date]:
    """The run dates from the first to the last, oldest first; the last is among them where the step meets it."""
    return [first + timedelta(days=step) for step in range(0, (last - first).days + 1, every_days)]


def plan_dates(
    settings: Settings,
    dates: Sequence[date],
    *,
    every_days: int,
    days: int,
    known: Iterable[BackfillDate],
    reprocess: Reprocess,
) -> tuple[PlannedDate, ...]:
    """Say for each run date whether it is to be done, on how many turns, and what it can cost.

    Args:
        settings: of the target.
        dates: the run dates, oldest first.
        every_days: days from one to the next.
        days: length of each date's window.
        known: where earlier runs left dates.
        reprocess: whether dates that failed before are tried again (`all`: on a new track, where nothing is known).

    Raises:
        DataError: where the conversations can't be read.
    """
    by_date = {one.night.run_date: one for one in known}
    plain = [_plan(run_date, by_date.get(run_date), reprocess) for run_date in dates]
    to_do = [planned.run_date for planned in plain if planned.to_do]
    turns = _turns_by_day(settings, to_do, days) if to_do else {}
    return tuple(_counted(planned, turns, settings, every_days, days) if planned.to_do else planned for planned in plain)


def _plan(run_date: date, known: BackfillDate | None, reprocess: Reprocess) -> PlannedDate:
    if known is None:
        return PlannedDate(run_date=run_date, to_do=True)
    again = known.has_failed and reprocess != "none"
    return PlannedDate(run_date=run_date, known=known.state, to_do=not known.has_ended or again)


def _turns_by_day(settings: Settings, dates: Sequence[date], days: int) -> dict[date, int]:
    """Turns of each day that any of these dates reads; each day is counted once."""
    source = open_source(settings.agent_db, agent_id=settings.agent_id, policy=settings.source)
    wanted = {run_date - timedelta(days=back) for run_date in dates for back in range(days)}
    return {day: source.count(Window.of_days(day, day, settings.timezone)) for day in sorted(wanted)}


def _counted(planned: PlannedDate, turns: Mapping[date, int], settings: Settings, every_days: int, days: int) -> PlannedDate:
    def last(length: int) -> int:
        return sum(turns.get(planned.run_date - timedelta(days=back), 0) for back in range(length))

    found = last(days)
    checked = most_checked(settings.gate, settings.grading, bool(settings.data.all_curated_files))
    sizes = _most(found, settings.data, settings.gate, settings.shadow).model_copy(update={"checked": checked})
    bound = bound_of(sizes, settings.search, settings.grading, settings.models) if found else planned.bound
    return planned.model_copy(update={"turns": found, "new_turns": last(min(every_days, days)), "bound": bound})


def _most(turns: int, policy: DataPolicy, gate: GatePolicy, shadow: ShadowPolicy) -> Sizes:
    """The largest sets that so many turns can become: each an example of its own, on a large site or on a small one."""
    half_of_a_small_site = math.ceil(min(turns, policy.small_site) / 2)
    learned_from = 1 - policy.held_out_share
    held_out = max(math.ceil(turns * policy.held_out_share), half_of_a_small_site)
    beside = shadow.units_a_night if shadow.nights else 0
    return Sizes(
        train=turns,
        validation=max(math.ceil(turns * learned_from * policy.validation_share), half_of_a_small_site),
        examined=sum(min(held_out, units * EXAMPLES_OF_A_UNIT) for units in (gate.horizon, beside)),
        calls_of_a_rollout=MODEL_CALLS_OF_A_ROLLOUT,
    )
