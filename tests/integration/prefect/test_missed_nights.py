"""After downtime: the scheduler's late runs are skipped, one catches up, and it is said so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.states import Completed, Pending, Running, Scheduled

from flows.lateness import BY_SCHEDULE, skip_missed_nights, why_skipped
from nightschool.records import SchedulePolicy

DAY = timedelta(days=1)


@flow(name="retrain")
def nightly() -> None: ...


@pytest.fixture
def missed(prefect_api: str) -> Iterator[list[UUID]]:
    """A deployment's runs that were due 1/4, 2 1/4, 3 1/4 and 4 1/4 days ago, newest first, and one by hand from then."""
    now = datetime.now(UTC) - DAY / 4
    with get_client(sync_client=True) as client:
        deployment = client.create_deployment(client.create_flow(nightly), "missed", entrypoint="nowhere.nightly")
        tags = [["nightschool", BY_SCHEDULE]] * 4 + [["nightschool"]]
        due = [now, now - 2 * DAY, now - 3 * DAY, now - 4 * DAY, now - 4 * DAY]
        runs = [
            client.create_flow_run_from_deployment(deployment, state=Scheduled(scheduled_time=moment), tags=tagged)
            for moment, tagged in zip(due, tags, strict=True)
        ]
        yield [run.id for run in runs]
        client.delete_deployment(deployment)


def states(runs: list[UUID]) -> list[str]:
    """The states' names; the server itself renames a run that waits to `Late`, sooner or later."""
    with get_client(sync_client=True) as client:
        found = [client.read_flow_run(run).state for run in runs]
    return ["Scheduled" if state.is_scheduled() else state.name for state in found]


def test_make_up_skips_them_before_a_worker_starts(missed):
    [line] = skip_missed_nights(SchedulePolicy())
    assert line.startswith("Missed runs of missed: 3 skipped, one catches up")
    assert states(missed) == ["Scheduled", "Skipped", "Skipped", "Skipped", "Scheduled"]
    with get_client(sync_client=True) as client:
        assert "reads its days too" in client.read_flow_run(missed[1]).state.message
    assert skip_missed_nights(SchedulePolicy()) == []


def test_all_of_them_run_where_the_settings_say_so(missed):
    assert skip_missed_nights(SchedulePolicy(catch_up="all")) == []


def test_the_first_late_run_that_a_worker_starts_skips_itself_and_the_others(missed):
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(missed[3], Running(), force=True)
        run = client.read_flow_run(missed[3])
    with FlowRunContext.model_construct(flow_run=run, flow=nightly, parameters={}):
        assert "reads its days too" in why_skipped(SchedulePolicy())
    assert states(missed)[1:3] == ["Skipped", "Skipped"]


def test_a_late_run_skips_itself_where_a_later_one_began_before_it(missed):
    """Prefect starts late runs in no order, and several at once."""
    with get_client(sync_client=True) as client:
        for state in (Pending(), Completed(name="NoData")):
            for later in missed[:2]:
                client.set_flow_run_state(later, state, force=True)
            client.set_flow_run_state(missed[2], Running(), force=True)
            with FlowRunContext.model_construct(flow_run=client.read_flow_run(missed[2]), flow=nightly, parameters={}):
                assert "reads its days too" in why_skipped(SchedulePolicy())


@pytest.fixture
def two_targets(prefect_api: str) -> Iterator[dict[str, list[UUID]]]:
    """Late runs of two targets that have a schedule each in one deployment, newest first."""
    now = datetime.now(UTC)
    with get_client(sync_client=True) as client:
        deployment = client.create_deployment(client.create_flow(nightly), "two targets", entrypoint="nowhere.nightly")
        yield {
            target: [
                client.create_flow_run_from_deployment(
                    deployment,
                    parameters={"parameters": {"target": target}},
                    state=Scheduled(scheduled_time=now - days * DAY - late),
                    tags=["nightschool", BY_SCHEDULE],
                ).id
                for days in (2, 3)
            ]
            for target, late in (("sales", timedelta(hours=1)), ("support", timedelta()))
        }
        client.delete_deployment(deployment)


def test_one_night_catches_up_for_each_target(two_targets):
    lines = skip_missed_nights(SchedulePolicy())
    assert [line.partition(":")[0] for line in sorted(lines)] == [
        f"Missed runs of two targets for {target}" for target in ("sales", "support")
    ]
    assert [states(runs) for runs in two_targets.values()] == [["Scheduled", "Skipped"]] * 2
