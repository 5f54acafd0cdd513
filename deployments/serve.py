"""`make up`, or `python -m deployments.serve`: one command from a folder to a running system.

It starts a Prefect server, the work pool, the deployments, the alert rules and a worker, tells where the UI is, and keeps
them running until Ctrl-C or SIGTERM. Everything that it started ends with it, also when it is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Annotated

import typer
from dotenv import load_dotenv

from flows.server import LOOPBACK, PASSWORD, Server, alone_in, announce, run_server, standing_in, use_server
from nightschool.children import Child, spawn
from nightschool.errors import ConfigError, NightschoolError
from nightschool.settings import Settings, load_settings

POOL = "nightschool"
PORT = 4200
LOOPBACK_NAMES = (LOOPBACK, "localhost", "::1")
LOOK_S = 1.0
TELL_S = 10.0
"""Seconds between two looks for what commands have left in the outbox."""
MOST_RESTARTS, RESTARTS_WITHIN_S = 3, 300.0
"""A worker that dies more often than that will die again."""
WORKER_SETTINGS = {
    "PREFECT_WORKER_QUERY_SECONDS": "2",
    # A run that misses its heartbeats is taken for dead by one of the alert rules.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    # Their warnings and errors stand among the run's own lines in the UI.
    "PREFECT_LOGGING_EXTRA_LOGGERS": "nightschool,agno,agentlightning,openai",
}


def main(
    host: Annotated[str, typer.Option(help="Address that the server listens on; beyond this machine only with a password.")] = (
        LOOPBACK
    ),
    port: Annotated[int, typer.Option(help="Port of the UI; where it is taken, a free one. 0: any.", min=0, max=65535)] = PORT,
) -> None:
    """Serve nightschool from this folder: Prefect's server and UI, the deployments, a worker, the alert rules.

    Without nightschool.toml it serves the demo's support desk, on a real small model. With PREFECT_API_URL set that server
    is used, and no other is started.
    """
    load_dotenv(".env")
    try:
        code = _up(host, port)
    except NightschoolError as error:
        typer.secho(str(error), fg="red", err=True)
        code = error.exit_code
    except KeyboardInterrupt:
        _say("Stopped.")
        code = 0
    sys.exit(code)


def _up(host: str, port: int) -> int:
    password = os.environ.get(PASSWORD, "")
    _require_password(host, password)
    from deployments.desk import folder_to_serve

    with folder_to_serve(_say) as get_ready:
        settings = load_settings()
        home = settings.home.absolute()
        if standing := standing_in(home):
            _say(f"It runs already: {standing.url.removesuffix('/api')} (process {standing.pid}); Ctrl-C there stops it.")
            return 0
        with alone_in(home) as lock, _server(home, host, port, password) as server:
            url = os.environ["PREFECT_API_URL"]
            announce(lock, url)
            _say(f"Prefect's UI: {url.removesuffix('/api')}")
            get_ready()
            return _work(settings, server, lock)


def _work(settings: Settings, server: Server | None, lock: IO[str]) -> int:
    from deployments.automations import set_up_rules
    from deployments.deploying import deploy_all, end_dead_runs, make_pool
    from flows.lateness import skip_missed_nights

    make_pool(POOL)
    _say(f"Deployments: {', '.join(deploy_all(settings.home))}")
    _say(set_up_rules(settings))
    if server and (dead := end_dead_runs()):
        _say(f"Runs that died with the system before: {dead}, now ended as crashed.")
    for line in skip_missed_nights(settings.schedule):
        _say(line)
    with contextlib.ExitStack() as workers:
        return _keep_running(settings, server, lambda: workers.enter_context(_worker(settings.home)))


def _keep_running(settings: Settings, server: Server | None, start_worker: Callable[[], Child]) -> int:
    """Until a signal: raise the events that commands left behind, and replace a worker that died."""
    from tasks.alert import raise_events_now

    worker, deaths, told = start_worker(), list[float](), 0.0
    _say("A worker waits for runs. Press Run in the UI; Ctrl-C stops all of it.")
    while True:
        now = time.monotonic()
        if server is not None and server.child.process.poll() is not None:
            raise _ended("server", server.child)
        if worker.process.poll() is not None:
            deaths = [*(died for died in deaths if now - died < RESTARTS_WITHIN_S), now]
            if len(deaths) > MOST_RESTARTS:
                raise _ended("worker", worker)
            worker = start_worker()
            _say("The worker died; another one takes its place. What it was at is told as crashed, if it does not go on.")
        if now - told > TELL_S:
            raise_events_now(settings)
            told = now
        time.sleep(LOOK_S)


def _ended(name: str, child: Child) -> NightschoolError:
    return NightschoolError(
        f"Prefect's {name} ended. The end of its log, {child.log}:\n{child.log_tail()}",
        next_step="Type the same command again.",
    )


@contextlib.contextmanager
def _server(home: Path, host: str, port: int, password: str) -> Iterator[Server | None]:
    """The server that the environment names, or one of our own."""
    if given := os.environ.get("PREFECT_API_URL"):
        with use_server(given, os.environ.get("PREFECT_API_AUTH_STRING", password)):
            yield None
    else:
        with run_server(home, host=host, port=_free(port), password=password) as server:
            yield server


@contextlib.contextmanager
def _worker(home: Path) -> Iterator[Child]:
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    with spawn(command, log=home.absolute() / "logs" / "prefect-worker.log", env=WORKER_SETTINGS) as child:
        yield child


def _require_password(host: str, password: str) -> None:
    if host not in LOOPBACK_NAMES and not password:
        raise ConfigError(
            f"Whoever reaches {host} could start runs and read conversations: nightschool listens there only with a password.",
            next_step=f"Set {PASSWORD}=user:password in .env, or leave --host out.",
        )


def _free(port: int) -> int | None:
    """The port, where nobody listens on it."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return None
        return port or None


def _take_signals() -> None:
    """Let SIGTERM stop everything in order like Ctrl-C, which what was started in a script's background would ignore."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _as_interrupt)


def _as_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


if __name__ == "__main__":
    _take_signals()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app(prog_name="python -m deployments.serve")
