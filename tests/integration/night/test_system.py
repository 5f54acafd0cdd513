"""`make up` as a process, with a password: a run whose processes are killed is told and replaced; everything ends with it."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from nightschool.records import EndState
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.integration.night.conftest import FIRST_DAY, TARGET
from tests.integration.prefect.receiver import Receiver, receiving

pytestmark = pytest.mark.drill
PASSWORD = "ann:correct horse"
DEADLINE_S = 400


@dataclass
class System:
    """What a person started with `make up` in a folder, and what it said."""

    process: subprocess.Popen[str]
    client: SyncPrefectClient
    url: str

    def until(self, words: str) -> str:
        """The next line that has these words."""
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if words in line:
                return line.strip()
        pytest.fail(f"{words!r} was never said:\n{''.join(said)}")

    def start_night(self) -> str:
        manual = self.client.read_deployment_by_name("retrain/manual")
        fields = {"parameters": {"run_date": FIRST_DAY.isoformat(), "days": 1, "iterations": 1}}
        return str(self.client.create_flow_run_from_deployment(manual.id, parameters=fields).id)

    def ended(self, run: str) -> str:
        """The name of the state in which a run ends."""
        within(lambda: self.client.read_flow_run(run).state.is_final())
        return str(self.client.read_flow_run(run).state.name)

    def answer_to(self, password: str) -> int:
        """The status that the API gives to somebody with this password."""
        parts = urlsplit(self.url)
        known = {"Authorization": f"Basic {base64.b64encode(password.encode()).decode()}"} if password else {}
        with contextlib.closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)) as connection:
            connection.request("GET", "/api/admin/version", headers=known)
            return connection.getresponse().status


def within(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


@contextlib.contextmanager
def made_up(folder: Path, environment: dict[str, str]) -> Iterator[System]:
    command = [sys.executable, "-u", "-m", "deployments.serve", "--host", "0.0.0.0", "--port", "0"]
    own = {**os.environ, **environment, "PREFECT_SERVER_API_AUTH_STRING": PASSWORD}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=folder, env=own, text=True, **streams) as process:
        try:
            system = System(process, None, "")  # type: ignore[arg-type]  # there is none before the server is known
            system.url = system.until("Prefect's UI:").split()[-1]
            settings = {PREFECT_API_URL: f"{system.url}/api", PREFECT_API_AUTH_STRING: PASSWORD}
            with temporary_settings(settings), get_client(sync_client=True) as system.client:
                yield system
        finally:
            process.kill()


def processes_below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def of_the_worker(pid: int) -> list[psutil.Process]:
    """The worker and what it started."""
    below = processes_below(pid)
    [worker] = [one for one in below if one.cmdline()[1:5] == ["-m", "prefect", "worker", "start"]]
    return [worker, *worker.children(recursive=True)]


@pytest.fixture
def folder(tmp_path: Path, desk) -> Path:
    """A person's folder with settings, and a channel that does not exist before the first start."""
    (tmp_path / "nightschool.toml").write_text(f'target = "{TARGET}"\n[alerts]\nno_night_h = 500\n')
    return tmp_path


def requests_to(endpoint: str) -> int:
    with urllib.request.urlopen(f"{endpoint}/simulator/counts") as answered:
        return int(json.load(answered)["total"])


def make_channel(there: Receiver) -> None:
    message = {"subject": "{{subject}}", "body": "{{body}}"}
    CustomWebhookNotificationBlock(name="team", url=there.url, json_data=message).save("team", overwrite=True)


def test_a_killed_worker_is_told_and_replaced(desk, folder):
    with start_in_thread(SimulatorSettings(seed=1, latency_ms=200)) as endpoint, receiving() as there:
        address = {"NIGHTSCHOOL_DEMO_MODEL_URL": f"{endpoint}/v1", "NIGHTSCHOOL_MODELS__BASE_URL": f"{endpoint}/v1"}
        with made_up(folder, desk.environment | address) as first:
            first.until("A worker waits for runs")
            assert [first.answer_to(password) for password in ("", "ann:wrong", PASSWORD)] == [401, 401, 200]
            make_channel(there)
            first.process.send_signal(signal.SIGTERM)
            assert first.process.wait(60) == 0

        told = {"NIGHTSCHOOL_ALERTS__CHANNELS": '["custom-webhook/team"]'}
        with made_up(folder, desk.environment | address | told) as system:
            system.until("told to custom-webhook/team")
            system.until("A worker waits for runs")
            run = system.start_night()
            within(lambda: requests_to(endpoint) > 20)  # its heart has beaten by then
            for process in of_the_worker(system.process.pid):
                process.kill()
            system.until("another one takes its place")
            assert system.ended(run) == "Crashed"
            [crashed] = there.about(f"retrain-{TARGET}-{FIRST_DAY} crashed", DEADLINE_S)
            assert "no heartbeat" in crashed["body"]

            again = system.start_night()
            assert system.ended(again) in list(EndState)
            below = processes_below(system.process.pid)
            system.process.send_signal(signal.SIGTERM)
            assert system.process.wait(60) == 0
            assert psutil.wait_procs(below, timeout=30)[1] == []
