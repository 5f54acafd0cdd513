"""A Prefect server for one command: the one that the environment names, the one that stands in this home, or a private one.

Prefect's own ephemeral mode has no scheduler, loses the last rows and events at exit and gives up after 20 seconds of
start; so a command without a server starts a real one as its child on a free loopback port, and stops it in the end.
"""

from __future__ import annotations

import functools
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flows.server import FLUSH_S, PASSWORD, alone_in, run_server, standing_in, use_server
from nightschool.errors import ConfigError

logger = logging.getLogger(__name__)

DRAIN_TIMEOUT_S = 30.0
ANSWER_TIMEOUT_S = 15.0
SETTLED_S = 2 * FLUSH_S
"""What has not changed for longer than the server needs to write it down is complete."""
POLL_S = 0.1


@contextmanager
def prefect_server(home: Path, meanwhile: Callable[[], object] = lambda: None) -> Iterator[str]:
    """Run the block against a Prefect server; yields its API's URL, like `http://127.0.0.1:4200/api`.

    `PREFECT_API_URL` names a server that is used as it is. Without it the one that `make up` runs in this home is used,
    and where there is none a private one is started below `home`; inside of the block the environment and Prefect's
    settings point to it, for this process and for its children. When the block ends, also by an exception, everything
    that the runs have reported is written down before a private server stops; it also stops when this process is killed.
    A second command on the same home waits until the first has ended. What is to be done `meanwhile`, like checks and slow
    imports, is done once: while a private server starts, or before this process waits for another one's to end, or at once.

    Not for use inside of a running flow, and one at a time in a process.

    Raises:
        ConfigError: nothing answers at `PREFECT_API_URL`, or the private server could not start.
    """
    home, meanwhile = home.absolute(), functools.cache(meanwhile)
    given = os.environ.get("PREFECT_API_URL")
    if given:
        _must_answer(given)
        meanwhile()
        yield given
    elif standing := standing_in(home):
        with use_server(standing.url, os.environ.get(PASSWORD, "")):
            meanwhile()
            yield standing.url
    else:
        with alone_in(home, before_waiting=meanwhile), _private_server(home, meanwhile) as url:
            yield url


@contextmanager
def _private_server(home: Path, meanwhile: Callable[[], object]) -> Iterator[str]:
    with run_server(home, meanwhile=meanwhile) as server:
        started = datetime.now(UTC)
        try:
            yield server.url
        finally:
            if server.child.process.poll() is None:
                _drain(started)


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
