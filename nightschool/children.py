"""Child processes that end with their parent, however the parent ends.

The parent holds the write end of a pipe that is the child's standard input. When the parent ends, also by SIGKILL, the
system closes that end, the child reads end-of-file and ends too; this works on Linux and macOS alike. Our own Python
children watch the pipe themselves (`watch_parent`); any other command runs below a small wrapper that does it for them::

    with spawn(["prefect", "server", "start"], log=Path("server.log")) as child:
        wait_until_healthy("http://127.0.0.1:4200/api/health", child=child, timeout_s=60, what="the Prefect server")

A parent that forks without exec (`multiprocessing`'s fork method) hands the pipe on, and the child then lives until the
last holder is gone.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

from nightschool.errors import ConfigError, NightschoolError

GRACE_S = 10.0
"""Seconds between asking a process to end and killing it."""

PORTS = range(20_000, 32_768)
"""Where free ports are looked for: below those that Linux and macOS hand out by themselves, to any process at any time."""

LOG_TAIL_LINES = 15
POLL_S = 0.1


@dataclass
class Child:
    """A running child; leaving its `with` block stops it."""

    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Ask the child to end (SIGTERM); after `grace_s` seconds kill it. What it leaves behind is killed in any case."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(grace_s)
        _kill_group(self.process.pid)
        self.process.wait()
        _pipe_to(self.process).close()

    def log_tail(self) -> str:
        """The last lines that the child wrote."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()


def spawn(command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, watches_parent: bool = False) -> Child:
    """Start a command that ends with this process.

    It runs in a session of its own, so that Ctrl-C in the terminal reaches this process alone, which can then finish
    what it needs the child for before it stops it.

    Args:
        command: the program and its arguments.
        log: file that receives what the command prints; its folder is made, an existing file is added to.
        env: environment variables on top of this process's own.
        watches_parent: whether the command calls `watch_parent` itself; any other command gets the wrapper.
    """
    wrapper = [] if watches_parent else [sys.executable, "-m", "nightschool.children", "--"]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is the caller's own, no shell reads it
            [*wrapper, *command],
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(process, log)


def watch_parent(grace_s: float = GRACE_S) -> None:
    """End this process when its standard input ends: by SIGTERM, so that it can clean up, then at once.

    For children that were started by `spawn(..., watches_parent=True)`; returns immediately.
    """

    def watch() -> None:
        _wait_for_end_of_input()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_s)
        os._exit(1)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def free_port() -> int:
    """A loopback TCP port that nobody uses now, and that the system gives to nobody before a slow child has taken it."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def wait_until_healthy(url: str, *, child: Child, timeout_s: float, what: str) -> None:
    """Return when an http URL of the child answers 200.

    Args:
        url: a health page on loopback, like `http://127.0.0.1:4200/api/health`.
        child: the process that is to answer it.
        timeout_s: seconds to wait.
        what: the child's name in messages, like "the Prefect server".

    Raises:
        ConfigError: the child ended before it was healthy.
        NightschoolError: it did not become healthy in time.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if _answers(url):
            return
        # Waiting for the child's end instead of sleeping: a dead child is noticed at once.
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = child.process.wait(POLL_S)
            raise ConfigError(f"{what} ended with exit code {code} before it was ready.{_log_of(child)}")
    raise NightschoolError(
        f"{what} did not answer at {url} within {timeout_s:.0f} s.{_log_of(child)}",
        next_step="Try again when the machine is less busy.",
    )


def _answers(url: str) -> bool:
    # http.client, because urllib would send loopback addresses through a proxy that the environment names.
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _log_of(child: Child) -> str:
    return f" The end of its log, {child.log}:\n{child.log_tail() or '(it wrote nothing)'}"


def _pipe_to(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None, "spawn always gives its child a pipe"
    return process.stdin


def _kill_group(leader: int) -> None:
    # Nobody left: ProcessLookupError on Linux, PermissionError on macOS while the leader is not yet reaped.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _wait_for_end_of_input() -> None:
    # The bare descriptor: a thread inside of sys.stdin's lock would abort the interpreter when it shuts down.
    while os.read(0, 4096):
        pass


def _wrap(command: Sequence[str]) -> int:
    """Run a command for a parent that may die; returns the command's exit code."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - see spawn
    for number in (signal.SIGTERM, signal.SIGINT):
        # To the command alone, once: its own children are its business, and some programs take a second signal for "now".
        signal.signal(number, lambda received, _frame: process.send_signal(received))
    orphaned = threading.Event()
    watcher = threading.Thread(target=_end_with_parent, args=(process, orphaned), daemon=True)
    watcher.start()
    code = process.wait()
    if orphaned.is_set():
        watcher.join()
    return code if code >= 0 else 128 - code


def _end_with_parent(process: subprocess.Popen[bytes], orphaned: threading.Event) -> None:
    _wait_for_end_of_input()
    orphaned.set()
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    # The whole group, ourselves included: nobody is left who would want the exit code.
    _kill_group(os.getpgrp())


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m nightschool.children -- COMMAND …`: the wrapper that `spawn` uses for other people's commands."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = words[1:] if words[:1] == ["--"] else words
    if not command:
        sys.stderr.write("usage: python -m nightschool.children -- COMMAND [ARGUMENT …]\n")
        return ConfigError.exit_code
    return _wrap(command)


if __name__ == "__main__":
    sys.exit(main())
