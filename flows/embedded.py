"""A Prefect server for one command: the one that the environment names, or a private one that lives as long as the command.

Prefect's own ephemeral mode has no scheduler, loses the last rows and events at exit and gives up after 20 seconds of
start; so a command without a server starts a real one as its child on a free loopback port, and stops it in the end.
Its database lies in the home folder, so that the history and the UI's links survive from night to night.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from nightschool.children import free_port, spawn, wait_until_healthy
from nightschool.errors import ConfigError

logger = logging.getLogger(__name__)

START_TIMEOUT_S = 180.0
DRAIN_TIMEOUT_S = 30.0
ANSWER_TIMEOUT_S = 15.0
SETTLED_S = 1.2
"""The server writes task runs down once a second: what has not changed for longer than that is complete."""
POLL_S = 0.2

# A private server must not pick up the database, port, password or profile of another one.
OF_OTHER_SERVERS = ("PREFECT_API_", "PREFECT_SERVER_", "PREFECT_UI_", "PREFECT_HOME", "PREFECT_PROFILE")

SERVER_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # Without it the UI asks port 4200, whatever the server's own is.
    "PREFECT_UI_API_URL": "/api",
    # The defaults (one row at a time, every five seconds) make each task wait on SQLite.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
}


@contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """Run the block against a Prefect server; yields its API's URL, like `http://127.0.0.1:4200/api`.

    `PREFECT_API_URL` names a server that is used as it is. Without it a private one is started below `home`, and inside
    of the block the environment and Prefect's settings point to it, for this process and for its children. When the
    block ends, also by an exception, everything that the runs have reported is written down before the server stops;
    it also stops when this process is killed. A second command on the same home waits until the first has ended.

    Not for use inside of a running flow, and one at a time in a process.

    Raises:
        ConfigError: nothing answers at `PREFECT_API_URL`, or the private server could not start.
    """
    given = os.environ.get("PREFECT_API_URL")
    if given:
        _must_answer(given)
        yield given
    else:
        with _alone_in(home.absolute()), _private_server(home.absolute()) as url:
            yield url


@contextmanager
def _private_server(home: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    settings = {**SERVER_SETTINGS, "PREFECT_HOME": str(home / "prefect"), "PREFECT_API_URL": url}
    with _environment(settings), spawn(command, log=home / "logs" / "prefect-server.log") as server, _in_force():
        wait_until_healthy(f"{url}/health", child=server, timeout_s=START_TIMEOUT_S, what="the private Prefect server")
        started = datetime.now(UTC)
        try:
            yield url
        finally:
            if server.process.poll() is None:
                _drain(started)


@contextmanager
def _alone_in(home: Path) -> Iterator[None]:
    """Hold the home's server lock; the system frees it when this process ends, however it ends."""
    lock = home / "prefect" / "server.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        _wait_for(file, home)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _wait_for(file: IO[str], home: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read() or "unknown"
        logger.warning("Another command (process %s) is at work in %s; this one goes on when it has ended.", holder, home)
        fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    replaced = [name for name in os.environ if name in settings or name.startswith(OF_OTHER_SERVERS)]
    before = {name: os.environ.pop(name) for name in replaced}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            os.environ.pop(name, None)
        os.environ.update(before)


@contextmanager
def _in_force() -> Iterator[None]:
    """Make Prefect read the environment again: it does so by itself only once, when it is imported."""
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()
    try:
        yield
    finally:
        refresh_global_settings_context()


def _drain(started: datetime) -> None:
    """Wait until all that this process has reported is in the server's database; task runs arrive there as events."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as thread:
        # In a thread of its own, since Prefect's calls behave differently where an event loop runs.
        thread.submit(_send_everything).result()
        complete = thread.submit(_wait_until_settled, started).result()
    if not complete:
        logger.warning("Some task runs were still unfinished after %.0f s; Prefect's UI may show them so.", DRAIN_TIMEOUT_S)


def _send_everything() -> None:
    from prefect.events.worker import EventsWorker
    from prefect.logging import get_logger
    from prefect.logging.handlers import APILogWorker

    # It warns that it still has something to send, which is why we wait for it.
    get_logger("EventsWorker").setLevel(logging.ERROR)
    EventsWorker.drain_all(timeout=DRAIN_TIMEOUT_S)
    APILogWorker.drain_all(timeout=DRAIN_TIMEOUT_S)


def _wait_until_settled(started: datetime) -> bool:
    deadline = time.monotonic() + DRAIN_TIMEOUT_S
    seen, since = _task_runs(started), time.monotonic()
    while time.monotonic() < deadline:
        if time.monotonic() - since > SETTLED_S and all(finished for _, finished in seen):
            return True
        time.sleep(POLL_S)
        now = _task_runs(started)
        if now != seen:
            seen, since = now, time.monotonic()
    return False


def _task_runs(started: datetime) -> set[tuple[str, bool]]:
    """The newest task runs of the flow runs that started since then, with whether each has ended."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterStartTime

    since = FlowRunFilter(start_time=FlowRunFilterStartTime(after_=started))
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=since)
    return {(str(run.id), run.state is not None and run.state.is_final()) for run in runs}


def _must_answer(url: str) -> None:
    """Asked over plain HTTP: Prefect's client would ask whatever its settings name, which may be another server."""
    import httpx

    try:
        httpx.get(f"{url}/health", timeout=ANSWER_TIMEOUT_S)
    except httpx.HTTPError as error:
        raise ConfigError(
            f"No Prefect server answers at {url} (PREFECT_API_URL): {error}",
            next_step="Start it with `prefect server start`, or unset PREFECT_API_URL to have a private one.",
        ) from error
