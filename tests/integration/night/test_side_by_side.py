"""Two schedules of one deployment fire at once: nights of two targets run at the same time, two of one target do not."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Scheduled

from deployments.deploying import make_pool
from nightschool.llm import Journal
from nightschool.records import Night
from tests.integration.night.conftest import FIRST_DAY, ROOT, TARGET, Home, prefect

POOL = "side-by-side"
QUIET = FIRST_DAY - timedelta(days=30)
DEADLINE_S = 300
AGENT = """\
import os, time
from pathlib import Path
from demo.simulated import build_agent as build
HERE = Path(__file__).parent
(HERE / f"{os.getpid()}.came").touch()
while not (HERE / "go").exists():
    time.sleep(0.05)
"""
"""Whose night imports it has the lease of its target; it goes on when it is told to."""


@dataclass
class Worker:
    """A worker that starts what is due now and ends with it, in a folder where nights wait for each other."""

    folder: Path
    process: subprocess.Popen[bytes]

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)

    @property
    def said(self) -> str:
        return (self.folder / "worker.log").read_text()

    @property
    def came(self) -> list[str]:
        """The processes that have their target's lease, or had it."""
        return [path.stem for path in self.folder.glob("*.came")]

    def go(self) -> None:
        """Let the nights go on, and wait until they have ended."""
        (self.folder / "go").touch()
        self.process.wait(DEADLINE_S)


@contextlib.contextmanager
def worker(folder: Path, environment: dict[str, str]) -> Iterator[Worker]:
    (folder / "meeting.py").write_text(AGENT)
    own = {**os.environ, **environment, "PYTHONPATH": str(folder), "NIGHTSCHOOL_AGENT": "meeting:build"}
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--run-once"]
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, env=own, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield Worker(folder, process)
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def nightly(prefect_harness: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The nightly deployment with a schedule for each of some nights, all at three o'clock; its id."""
    folder, declared = tmp_path_factory.mktemp(POOL), yaml.safe_load((ROOT / "prefect.yaml").read_text())
    [deployment] = [one for one in declared["deployments"] if one["name"] == "nightly"]
    nights = {"support": (TARGET, QUIET), "sales": ("sales", QUIET), "one": (TARGET, FIRST_DAY), "again": (TARGET, FIRST_DAY)}
    deployment |= {"name": POOL, "work_pool": {"name": POOL}, "schedules": [schedule(*each) for each in nights.items()]}
    (folder / "prefect.yaml").write_text(yaml.safe_dump({**declared, "deployments": [deployment]}))
    make_pool(POOL)
    prefect("--no-prompt", "deploy", "--all", cwd=folder, PREFECT_API_URL=prefect_harness)
    with get_client(sync_client=True) as client:
        return str(client.read_deployment_by_name(f"retrain/{POOL}").id)


def schedule(slug: str, night: tuple[str, date]) -> dict[str, Any]:
    fields = {"target": night[0], "run_date": night[1].isoformat(), "days": 1}
    return {"cron": "0 3 * * *", "slug": slug, "parameters": {"parameters": fields}}


def fired(deployment: str, run_date: date) -> list[FlowRun]:
    """The two runs that Prefect's scheduler has made of this night's schedules for their next moment, due now."""
    of_it = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    deadline = time.monotonic() + DEADLINE_S
    with get_client(sync_client=True) as client:
        while True:
            planned = client.read_flow_runs(deployment_filter=of_it, sort=FlowRunSort.EXPECTED_START_TIME_ASC)
            runs = [run for run in planned if run.parameters["parameters"]["run_date"] == run_date.isoformat()][:2]
            if len(runs) == 2 and len({run.expected_start_time for run in runs}) == 1:
                break
            assert time.monotonic() < deadline, planned
            time.sleep(0.2)
        for run in runs:
            client.set_flow_run_state(run.id, Scheduled(scheduled_time=datetime.now(UTC)), force=True)
    return runs


def ended(runs: list[FlowRun]) -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id for run in runs])))


def names_of_states(runs: list[FlowRun]) -> list[str]:
    return [run.state.name for run in ended(runs) if run.state]


def test_nights_of_two_targets_run_at_the_same_time(nightly, new_home, prefect_api, tmp_path):
    home: Home = new_home()
    runs = fired(nightly, QUIET)
    with worker(tmp_path, home.environment) as at_work:
        at_work.until(lambda: len(at_work.came) == 2)
        at_work.go()
    assert {run.name for run in ended(runs)} == {f"retrain-{target}-{QUIET}" for target in ("support", "sales")}
    assert names_of_states(runs) == ["NoData", "NoData"], at_work.said


def test_two_schedules_of_one_target_make_one_night(nightly, new_home, prefect_api, tmp_path):
    home: Home = new_home()
    runs = fired(nightly, FIRST_DAY)
    asked = home.desk.counts()["total"]
    with worker(tmp_path, home.environment) as at_work:
        at_work.until(lambda: f"{TARGET} on production is being worked on by process" in at_work.said)
        assert len(at_work.came) == 1
        at_work.go()
    first, second = ended(runs)
    told = home.report()
    assert [first.state.name, second.state.name] == [told.end_state] * 2, at_work.said
    assert first.state.message == second.state.message == told.verdict.reason
    journal = Journal(f"sqlite:///{home.path / 'journal.db'}", Night(target=TARGET, run_date=FIRST_DAY))
    paid = journal.spent().total_calls
    journal.close()
    assert home.desk.counts()["total"] - asked == paid, "a call was made twice"
    with home.registry() as registry:
        assert len(registry.tests.of_target("production", TARGET)) == 1
