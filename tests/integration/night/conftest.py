"""One desk in the simulated world and one night on it, shared by all tests here; each test works on a copy of its home."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from prefect.client.schemas.objects import State

from deployments.deploying import make_pool
from nightschool.records import Night
from nightschool.registry import Registry
from nightschool.report import NightReport, read_report
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.otlp_receiver import Collector, collecting
from tests.simulated_desk import write_day

ROOT = Path(__file__).parents[3]
FIRST_DAY = date(2026, 10, 1)
SECOND_DAY = FIRST_DAY + timedelta(days=1)
SESSIONS = 300
TARGET = "support"
SMALL_SEARCH = {
    "MAX_ITERATIONS": "2",
    "BEAM_WIDTH": "1",
    "BRANCH_FACTOR": "2",
    "RACES": "[16]",
    "SCREEN_SIZE": "0",
    "N_RUNNERS": "16",
}


@dataclass(frozen=True)
class Desk:
    """The agent's database with two days of conversations, a simulated endpoint, and the environment that names them."""

    database: Path
    feedback: Path
    endpoint: str
    environment: dict[str, str] = field(default_factory=dict)

    def counts(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.endpoint}/simulator/counts") as answered:
            return json.load(answered)

    def digest(self) -> str:
        """Of the agent's database with what its write-ahead log holds; a reader may leave an empty log behind."""
        log = self.database.with_name(f"{self.database.name}-wal")
        return hashlib.sha256(self.database.read_bytes() + (log.read_bytes() if log.exists() else b"")).hexdigest()


@dataclass(frozen=True)
class Home:
    """A home folder, and what a person does in it."""

    path: Path
    desk: Desk

    def run_night(self, run_date: date = FIRST_DAY, **parameters: object) -> State[Any]:
        """The flow, as `python -m flows retrain` runs it, in this process; its final state."""
        from flows.retrain import retrain
        from tasks.parameters import RetrainParameters

        given = RetrainParameters(run_date=run_date, days=1, **parameters)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            return asyncio.run(retrain(given, return_state=True))

    def command(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """`python -m flows retrain` for the first day, in a process group of its own."""
        line = [sys.executable, "-m", "flows", "retrain", "--run-date", FIRST_DAY.isoformat(), "--days", "1", *arguments]
        return subprocess.Popen(
            line,
            env={**os.environ, **self.environment, **environment},
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {**self.desk.environment, "NIGHTSCHOOL_HOME": str(self.path)}

    def registry(self) -> Registry:
        return Registry(f"sqlite:///{self.path / 'registry.db'}")

    def incumbent(self) -> str:
        with self.registry() as registry:
            standing = registry.incumbent("production", TARGET)
        return standing.text if standing else ""

    def report(self, run_date: date = FIRST_DAY) -> NightReport:
        return read_report(Night(target=TARGET, run_date=run_date), self.path)


def environment_of(database: Path, endpoint: str) -> dict[str, str]:
    """What names a desk of the simulated world to the commands."""
    return {
        "OPENAI_API_KEY": "simulated",
        "NIGHTSCHOOL_DEMO_MODEL_URL": f"{endpoint}/v1",
        "NIGHTSCHOOL_TARGET": TARGET,
        "NIGHTSCHOOL_AGENT": "demo.simulated:build_agent",
        "NIGHTSCHOOL_ROLLOUTS__SAFE_TOOLS": '["calculator", "order_status"]',
        "NIGHTSCHOOL_AGENT_DB": str(database),
        "NIGHTSCHOOL_MODELS__BASE_URL": f"{endpoint}/v1",
        "NIGHTSCHOOL_MODELS__MODEL": "simulated-1",
    }


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    database, feedback = folder / "agno.db", folder / "feedback.db"
    for day in (FIRST_DAY, SECOND_DAY):
        write_day(database, f"sqlite:///{feedback}", day, sessions=SESSIONS)
    with start_in_thread(SimulatorSettings(seed=1)) as endpoint:
        search = {f"NIGHTSCHOOL_SEARCH__{name}": value for name, value in SMALL_SEARCH.items()}
        environment = environment_of(database, endpoint) | search
        yield Desk(database, feedback, endpoint, environment)


@pytest.fixture(scope="session")
def new_home(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Home]:
    """Makes homes in which no night has run yet, with the feedback of both days."""

    def make() -> Home:
        path = tmp_path_factory.mktemp("home")
        shutil.copy(desk.feedback, path / "feedback.db")
        return Home(path, desk)

    return make


@dataclass(frozen=True)
class FirstNight:
    """The night that all tests share, and what was measured around it."""

    home: Home
    state: State[Any]
    database_before: str
    database_after: str
    spans: Sequence[Any] = ()
    """What a collector on loopback was sent of it."""


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Receives this process's spans from the first night on; what is sent somewhere is sent there until the process ends."""
    with collecting() as found:
        yield found
        trace.get_tracer_provider().shutdown()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def first_night(desk: Desk, new_home: Callable[[], Home], prefect_harness: str, collector: Collector) -> FirstNight:
    home, before = new_home(), desk.digest()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NIGHTSCHOOL_TRACING__OTLP_ENDPOINT", f"{collector.url}/v1/traces")
        state = home.run_night()
    trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined]
    return FirstNight(home, state, before, desk.digest(), tuple(collector.spans))


@pytest.fixture
def home(first_night: FirstNight, tmp_path: Path) -> Home:
    """A copy of the home after the first night, to do what one likes with."""
    path = tmp_path / "home"
    shutil.copytree(first_night.home.path, path)
    return Home(path, first_night.home.desk)


def prefect(*words: str, cwd: Path = ROOT, **environment: str) -> str:
    """Type `prefect …`; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def deployed(prefect_harness: str, desk: Desk) -> dict[str, Any]:
    """What prefect.yaml declares, deployed twice with the desk's settings (the second time changes nothing), by name."""
    from prefect.client.orchestration import get_client

    make_pool("nightschool")
    for _ in range(2):
        prefect("--no-prompt", "deploy", "--all", PREFECT_API_URL=prefect_harness, **desk.environment)
    with get_client(sync_client=True) as client:
        return {found.name: found for found in client.read_deployments()}


def deployment_like(deployment: Any, name: str) -> str:
    """The id of a copy, of one test alone: others deploy theirs from other folders."""
    from prefect.client.orchestration import get_client

    same = ("work_pool_name", "parameters", "parameter_openapi_schema", "entrypoint", "pull_steps", "tags")
    with get_client(sync_client=True) as client:
        return str(client.create_deployment(deployment.flow_id, name, **{one: getattr(deployment, one) for one in same}))
