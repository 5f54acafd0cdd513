"""After downtime no storm: scheduled nights that were missed are skipped, or one of them runs for all.

Prefect's scheduler plans runs days ahead and starts every one that is late. A night reads its whole window, so the last
missed one takes the days of those before it too.
"""

from __future__ import annotations

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
MOST_AT_ONCE = 200


def which_are_skipped(due: Sequence[datetime], now: datetime, policy: SchedulePolicy) -> list[datetime]:
    """Of the moments at which waiting nights of one deployment were due, those that shall not run.

    A night counts as missed when it is late by more than `late_after_h`. With `one` each missed night for which a later one
    waits is skipped; with `none` each missed one; with `all` no one.
    """
    missed = [moment for moment in due if now - moment > timedelta(hours=policy.late_after_h)]
    if policy.catch_up == "all":
        return []
    if policy.catch_up == "none":
        return missed
    last = max((moment for moment in due if moment <= now), default=now)
    return [moment for moment in missed if moment != last]


def skip_missed_nights(policy: SchedulePolicy) -> list[str]:
    """End the scheduled nights that are not to run any more as `Skipped`; returns a line for each deployment that had such."""
    from prefect.client.orchestration import get_client

    now = datetime.now(UTC)
    lines = []
    with get_client(sync_client=True) as client:
        waiting = _waiting(client, now)
        for deployment in sorted({run.deployment_id for run in waiting if run.deployment_id}, key=str):
            runs = [run for run in waiting if run.deployment_id == deployment]
            lines += _skip(client, deployment, runs, now, policy)
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
        deployment = client.read_flow_run(UUID(runtime.flow_run.id)).deployment_id
        others = [run.expected_start_time for run in _waiting(client, now) if run.deployment_id == deployment]
    moments = [due, *(moment for moment in others if moment)]
    skipped = which_are_skipped(moments, now, policy)
    skip_missed_nights(policy)
    return reason(policy.catch_up, max(set(moments) - set(skipped), default=None)) if due in skipped else ""


def reason(policy: str, last: datetime | None) -> str:
    """Why a night was skipped."""
    if last is None:
        return f"Too late to run (schedule.catch_up = {policy})."
    return f"The night that was due at {last:%Y-%m-%d %H:%M} UTC reads its days too (schedule.catch_up = {policy})."


def _skip(client: SyncPrefectClient, deployment: UUID, runs: list[FlowRun], now: datetime, policy: SchedulePolicy) -> list[str]:
    from prefect.states import Completed

    due = [run.expected_start_time for run in runs if run.expected_start_time]
    skipped = which_are_skipped(due, now, policy)
    left = sorted(set(due) - set(skipped))
    for run in runs:
        if run.expected_start_time in skipped:
            state: State[Any] = Completed(name=SKIPPED, message=reason(policy.catch_up, left[-1] if left else None))
            client.set_flow_run_state(run.id, state, force=True)
    name = client.read_deployment(deployment).name
    end = f"one catches up (due {left[-1]:%Y-%m-%d %H:%M} UTC)" if left else "none is made up for"
    return [f"Missed runs of {name}: {len(skipped)} skipped, {end}."] if skipped else []


def _waiting(client: SyncPrefectClient, now: datetime) -> list[FlowRun]:
    """Runs that a schedule made, that are due and have not begun."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterExpectedStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    wanted = FlowRunFilter(
        expected_start_time=FlowRunFilterExpectedStartTime(before_=now),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        tags=FlowRunFilterTags(all_=[BY_SCHEDULE, "nightschool"]),
    )
    return client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=MOST_AT_ONCE)
