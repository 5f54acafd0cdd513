"""The private server: killed nights, two commands at once, schedules. Each process here is one that a user would start."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows import server
from flows.embedded import prefect_server
from nightschool.children import free_port
from nightschool.errors import ConfigError

TOY_NIGHT = Path(__file__).with_name("toy_night.py")


@contextlib.contextmanager
def started(home: Path, what: str = "") -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-u", str(TOY_NIGHT), str(home), *([what] if what else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """The next line of the process that has these words; fails with all that it said instead."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if words in line:
            return line.strip()
    pytest.fail(f"{words!r} was never said:\n{''.join(said)}")


def answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", f"{parts.path}/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def task_runs(home: Path) -> dict[str, list[str]]:
    """What the server's database says of the task runs of each flow run: their states, by its id."""
    runs: dict[str, list[str]] = {}
    with contextlib.closing(sqlite3.connect(home / "prefect" / "prefect.db")) as database:
        for flow_run, state in database.execute("SELECT flow_run_id, state_name FROM task_run ORDER BY expected_start_time"):
            runs.setdefault(flow_run, []).append(state)
    return runs


@dataclass(frozen=True)
class Resumed:
    """What a second command said, whose first one was killed, and how it ended."""

    killed: int
    said: str
    code: int
    old_server_answers: bool


@pytest.fixture(scope="module")
def resumed(home: Path) -> Resumed:
    """A night that is killed in its second stage while another command waits for it; that one then makes a schedule too."""
    with started(home, "wait") as first:
        url = line_with(first, "server at").split()[-1]
        line_with(first, "train runs")
        with started(home, "deploy") as second:
            waiting = line_with(second, "Another command")
            os.kill(first.pid, signal.SIGKILL)
            said, _ = second.communicate(timeout=300)
            return Resumed(first.pid, f"{waiting}\n{said}", second.returncode, answers(url))


def test_a_killed_night_goes_on_where_it_was_and_a_second_command_waits_for_it(home: Path, resumed: Resumed):
    assert f"process {resumed.killed}" in resumed.said
    assert "extract is Cached" in resumed.said
    assert "train is Completed" in resumed.said
    assert resumed.code == 0, resumed.said
    assert not resumed.old_server_answers, "the server outlived its killed parent"
    assert ["Cached", "Completed"] in task_runs(home).values(), "the server stopped before it had written all down"


def test_scheduled_runs_appear_on_the_private_server(resumed: Resumed):
    """With SQLAlchemy 2.1 Prefect's scheduler fails without a word and cron never fires."""
    assert "due, the first at 19:00" in resumed.said


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"http://127.0.0.1:{free_port()}/api"
    monkeypatch.setenv("PREFECT_API_URL", url)
    return url


def test_a_server_that_was_named_and_is_not_there_is_an_error_with_a_next_step(nowhere: str, tmp_path: Path):
    with pytest.raises(ConfigError, match=nowhere) as caught, prefect_server(tmp_path):
        pass
    assert "unset PREFECT_API_URL" in caught.value.next_step
    assert not list(tmp_path.iterdir())


def refuse() -> None:
    raise ConfigError("There is no such model.")


def test_where_a_check_fails_meanwhile_the_server_is_gone_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    children, spawn = [], server.spawn
    monkeypatch.setattr(server, "spawn", lambda *given, **more: children.append(spawn(*given, **more)) or children[-1])
    with pytest.raises(ConfigError, match="no such model"), prefect_server(tmp_path, meanwhile=refuse):
        pytest.fail("it went on")
    assert [child.process.returncode is None for child in children] == [False]


def test_checks_come_before_another_commands_end_is_waited_for(tmp_path: Path):
    with server.alone_in(tmp_path), pytest.raises(ConfigError, match="no such model"), prefect_server(tmp_path, refuse):
        pytest.fail("it went on")


def test_a_server_that_was_named_is_used_as_it_is(prefect_api: str, tmp_path: Path):
    before, done = dict(os.environ), []
    with prefect_server(tmp_path, meanwhile=lambda: done.append("checks")) as url:
        assert done == ["checks"]
        assert url == prefect_api
        assert dict(os.environ) == before
    assert answers(prefect_api)
    assert not list(tmp_path.iterdir())
