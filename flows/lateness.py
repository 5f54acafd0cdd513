"""After downtime no storm: scheduled nights that were missed are skipped, or one of them runs for all.

Prefect's scheduler plans runs days ahead and starts every one that is late. A night reads its whole window, so the last
missed one takes the days of those before it too. That holds for nights with the same parameters: a deployment may have a
schedule for each of several targets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nightschool.records import SchedulePolicy

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, State

SKIPPED = "Skipped"
BY_SCHEDULE = "auto-scheduled"
"""The tag that Prefect's scheduler gives its runs; what a person starts is never skipped."""
WAITS, BEGUN = frozenset({"SCHEDULED"}), frozenset({"PENDING", "RUNNING", "COMPLETED"})
"""Types of states: of a run that waits, and of one that has read its days or is about to."""
MOST_AT_ONCE = 200


def which_are_skipped(due: Sequence[datetime], now: datetime, policy: SchedulePolicy) -> list[datetime]:
    """Of the moments at which nights of one kind were due, those that shall not run.

    A night counts as missed when it is late by more than `late_after_h`. With `one` each missed night for which a later one
    waits, or has begun, is skipped; with `none` each missed one; with `all` no one.
    """
    missed = [moment for moment in due if now - moment > timedelta(hours=policy.late_after_h)]
    if policy.catch_up == "all":
        return []
    if policy.catch_up == "none":
        return missed
    last = max((moment for moment in due if moment <= now), default=now)
    return [moment for moment in missed if moment != last]


def skip_missed_nights(policy: SchedulePolicy) -> list[str]:
    """End the scheduled nights that are not to run any more as `Skipped`; returns a line for each kind that had such."""
    from prefect.client.orchestration import get_client

    now, lines = datetime.now(UTC), list[str]()
    with get_client(sync_client=True) as client:
        waiting = _due(client, now, WAITS)
        begun = _due(client, now, BEGUN, min(map(_moment, waiting))) if waiting else []
        for kind in sorted(set(map(_kind, waiting))):
            known = [_moment(run) for run in [*waiting, *begun] if _kind(run) == kind]
            lines += _skip(client, [run for run in waiting if _kind(run) == kind], known, now, policy)
    return lines


def why_skipped(policy: SchedulePolicy) -> str:
    """Why the run that is under way shall not run: a schedule meant it for a night that was missed; empty where it shall.

    The first late run that starts also skips the others, so that they need not be started for it.
    """
    from prefect import runtime
    from prefect.client.orchestration import get_client

    now, due = datetime.now(UTC), runtime.flow_run.scheduled_start_time
    if BY_SCHEDULE not in runtime.flow_run.tags or now - due <= timedelta(hours=policy.late_after_h):
        return ""
    with get_client(sync_client=True) as client:
        kind = _kind(client.read_flow_run(UUID(runtime.flow_run.id)))
        moments = [due, *(_moment(run) for run in _due(client, now, WAITS | BEGUN, due) if _kind(run) == kind)]
    skipped = which_are_skipped(moments, now, policy)
    skip_missed_nights(policy)
    return reason(policy.catch_up, max(set(moments) - set(skipped), default=None)) if due in skipped else ""


def reason(policy: str, last: datetime | None) -> str:
    """Why a night was skipped."""
    if last is None:
        return f"Too late to run (schedule.catch_up = {policy})."
    return f"The night that was due at {last:%Y-%m-%d %H:%M} UTC reads its days too (schedule.catch_up = {policy})."


def _kind(run: FlowRun) -> str:
    """What the runs have in common of which one catches up for all: their deployment and their parameters."""
    return f"{run.deployment_id} {json.dumps(run.parameters, sort_keys=True, default=str)}"


def _moment(run: FlowRun) -> datetime:
    assert run.expected_start_time is not None  # they were found by it
    return run.expected_start_time


def _skip(
    client: SyncPrefectClient, runs: list[FlowRun], known: list[datetime], now: datetime, policy: SchedulePolicy
) -> list[str]:
    """End those of the waiting runs of a kind that shall not run; `known` are the moments of those that have begun too."""
    from prefect.states import Completed

    skipped = which_are_skipped(known, now, policy)
    left = max(set(known) - set(skipped), default=None)
    ended = [run for run in runs if _moment(run) in skipped]
    for run in ended:
        state: State[Any] = Completed(name=SKIPPED, message=reason(policy.catch_up, left))
        client.set_flow_run_state(run.id, state, force=True)
    end = f"one catches up (due {left:%Y-%m-%d %H:%M} UTC)" if left else "none is made up for"
    return [f"Missed runs of {_name(client, ended[0])}: {len(ended)} skipped, {end}."] if ended else []


def _name(client: SyncPrefectClient, run: FlowRun) -> str:
    """Of a run's deployment, with the target where the schedule names one."""
    assert run.deployment_id is not None  # a schedule is a deployment's
    target = (run.parameters.get("parameters") or {}).get("target")
    return client.read_deployment(run.deployment_id).name + (f" for {target}" if target else "")


def _due(client: SyncPrefectClient, now: datetime, states: frozenset[str], since: datetime | None = None) -> list[FlowRun]:
    """Runs that a schedule made and that were due, in one of these types of states, but for those that were skipped."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterExpectedStartTime,
        FlowRunFilterState,
        FlowRunFilterStateName,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    types = FlowRunFilterStateType(any_=[StateType(state) for state in states])
    wanted = FlowRunFilter(
        expected_start_time=FlowRunFilterExpectedStartTime(before_=now, after_=since),
        state=FlowRunFilterState(type=types, name=FlowRunFilterStateName(not_any_=[SKIPPED])),
        tags=FlowRunFilterTags(all_=[BY_SCHEDULE, "nightschool"]),
    )
    return client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=MOST_AT_ONCE)
