"""A Prefect server as a child of this process, and the lock by which one home has one server.

Its database lies in the home folder, so that the history and the UI's links survive from start to start.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flows.prefect_database import note_database, prepare_database
from nightschool.children import Child, free_port, spawn, wait_until_healthy

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 180.0
PASSWORD = "PREFECT_SERVER_API_AUTH_STRING"  # noqa: S105 - the variable's name
FLUSH_S = 0.25
"""How often the server writes down what it was told of task runs and events."""
CLIENTS_PASSWORD = "PREFECT_API_AUTH_STRING"  # noqa: S105 - likewise

# Our server must not pick up the database, port, password or profile of another one.
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
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": str(FLUSH_S),
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": str(FLUSH_S),
}


@dataclass(frozen=True)
class Server:
    """A running server: its API's URL, like `http://127.0.0.1:4200/api`, and its process."""

    url: str
    child: Child

    @property
    def ui(self) -> str:
        """Where a person looks at it."""
        return self.url.removesuffix("/api")


@contextmanager
def run_server(
    home: Path,
    *,
    host: str = LOOPBACK,
    port: int | None = None,
    password: str = "",
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Server]:
    """Run a Prefect server for the block; inside, the environment and Prefect's settings point to it, children's too.

    Args:
        home: nightschool's home folder; the server's own is `prefect/` below it.
        host: the address that it listens on.
        port: TCP port; a free one where not given.
        password: Prefect's basic authentication, `user:password`; empty: everybody who reaches it may use it.
        meanwhile: what is done while it starts, like slow imports; Prefect's settings do not point to it yet.

    Raises:
        ConfigError: the server ended while it started.
        NightschoolError: it was not healthy in time.
    """
    port = port or free_port()
    url = f"http://{LOOPBACK}:{port}/api"
    command = [sys.executable, "-m", "flows.prefect_server", "server", "start", "--host", host, "--port", str(port)]
    place = home / "prefect"
    skipped = prepare_database(place)
    settings = {**SERVER_SETTINGS, "PREFECT_HOME": str(place), "PREFECT_API_URL": url, **_passwords(password)}
    log = home / "logs" / "prefect-server.log"
    with environment(settings), spawn(command, log=log, env=skipped) as child, _in_force_after(meanwhile):
        wait_until_healthy(f"{url}/health", child=child, timeout_s=START_TIMEOUT_S, what="the Prefect server")
        note_database(place)
        yield Server(url, child)


@contextmanager
def use_server(url: str, password: str = "") -> Iterator[None]:
    """Point the environment and Prefect's settings to a running server for the block."""
    with environment({"PREFECT_API_URL": url, **_passwords(password)}), _in_force_after():
        yield


@contextmanager
def alone_in(home: Path, before_waiting: Callable[[], object] = lambda: None) -> Iterator[IO[str]]:
    """Hold the home's server lock; the system frees it when this process ends, however it ends.

    A second command on the same home waits here until the first has ended, after what is to be done `before_waiting`.
    Yields the lock's file for `announce`.
    """
    lock = _lock_of(home)
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        _wait_for(file, home, before_waiting)
        _write(file, str(os.getpid()))
        yield file


def announce(file: IO[str], url: str) -> None:
    """Tell other commands on this home that they may use the server at this URL."""
    _write(file, f"{os.getpid()} {url}")


@dataclass(frozen=True)
class Standing:
    """The system that was started in a home and serves every command there."""

    pid: int
    url: str


def standing_in(home: Path) -> Standing | None:
    """The server that serves every command on this home (`make up`); None where there is none."""
    lock = _lock_of(home)
    if not lock.exists():
        return None
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid, _, url = file.read().partition(" ")
            return Standing(int(pid), url) if url else None
    return None


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Set these variables for the block, and hide what names another Prefect server."""
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
def _in_force_after(first: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Make Prefect read the environment again: it does so by itself only once, when it is imported, which takes a second."""
    first()
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()
    try:
        yield
    finally:
        refresh_global_settings_context()


def _passwords(password: str) -> dict[str, str]:
    return {PASSWORD: password, CLIENTS_PASSWORD: password} if password else {}


def _lock_of(home: Path) -> Path:
    return home.absolute() / "prefect" / "server.lock"


def _write(file: IO[str], text: str) -> None:
    file.truncate(0)
    file.write(text)
    file.flush()


def _wait_for(file: IO[str], home: Path, before_waiting: Callable[[], object]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        before_waiting()
        file.seek(0)
        holder = file.read() or "unknown"
        logger.warning("Another command (process %s) is at work in %s; this one goes on when it has ended.", holder, home)
        fcntl.flock(file, fcntl.LOCK_EX)
