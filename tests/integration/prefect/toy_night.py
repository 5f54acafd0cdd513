"""A night of two toy stages in a process of its own: `python toy_night.py HOME [wait|deploy]`.

`wait` stays in the second stage for ever, to be killed there; `deploy` asks for scheduled runs after the night.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from flows.embedded import prefect_server
from nightschool.records import Night
from tasks.caching import stage
from tasks.results import keep_results_under

NIGHT = Night(target="support", run_date=date(2026, 11, 21))
SCHEDULING_TIMEOUT_S = 200


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@stage("toy-extract", ["nightschool.records"])
async def extract(night: Night) -> Night:
    say("extract runs")
    return night


@stage("toy-train", ["nightschool.records"], where=["wait"])
async def train(night: Night, wait: bool) -> str:
    say("train runs")
    if wait:
        await asyncio.Event().wait()
    return night.key


async def the_night(home: Path, wait: bool) -> None:
    from prefect import flow

    @flow
    async def toy_night() -> None:
        keep_results_under(home)
        first = await extract(NIGHT, return_state=True)
        say(f"extract is {first.name}")
        second = await train(await first.aresult(), wait, return_state=True)
        say(f"train is {second.name}")

    await toy_night()


def scheduled_runs() -> list[datetime]:
    """When the runs are due that the server's scheduler made for a deployment with a cron."""
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule

    @flow
    def toy_night() -> None: ...

    every_night = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 2 * * *", timezone="Asia/Ho_Chi_Minh"))
    deadline = time.monotonic() + SCHEDULING_TIMEOUT_S
    with get_client(sync_client=True) as client:
        client.create_deployment(client.create_flow(toy_night), "nightly", schedules=[every_night])
        while time.monotonic() < deadline:
            due = [run.expected_start_time for run in client.read_flow_runs() if run.deployment_id]
            if due:
                return sorted(due)
            time.sleep(0.5)
    return []


def main(home: Path, what: str = "") -> None:
    with prefect_server(home) as url:
        say(f"server at {url}")
        asyncio.run(the_night(home, wait=what == "wait"))
        if what == "deploy":
            due = scheduled_runs()
            say(f"{len(due)} due, the first at {due[0].astimezone(UTC):%H:%M}" if due else "none due")
    say("ended")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
