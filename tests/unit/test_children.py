"""Real processes: each program here dials the test and keeps the line open, so that its end is heard at once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nightschool.children import PORTS, free_port, main, spawn, wait_until_healthy
from nightschool.errors import ConfigError, NightschoolError

PATIENCE_S = 60

PARENT = """
import sys, time
from pathlib import Path
from nightschool.children import spawn
child = spawn([sys.executable, "-c", {program!r}], log=Path({log!r}), watches_parent={watches_parent})
time.sleep(600)
"""


class Switchboard:
    """Listens on loopback; a program that dials it is alive as long as its line is open."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE_S)
        self._lines: list[socket.socket] = []

    def program(self, first: str = "") -> str:
        """Source of a program that runs `first`, dials, and then stays for ten minutes."""
        port = self._listener.getsockname()[1]
        dial = f"line = socket.create_connection(('127.0.0.1', {port}))"
        return f"import signal, socket, subprocess, sys, time\n{first}\n{dial}\ntime.sleep(600)"

    def wait_for_call(self) -> socket.socket:
        line, _ = self._listener.accept()
        line.settimeout(PATIENCE_S)
        self._lines.append(line)
        return line

    def close(self) -> None:
        for line in [*self._lines, self._listener]:
            line.close()


def hung_up(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def switchboard() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "child.log"


def start_parent(program: str, log: Path, *, watches_parent: bool) -> subprocess.Popen[bytes]:
    source = PARENT.format(program=program, log=str(log), watches_parent=watches_parent)
    return subprocess.Popen([sys.executable, "-c", source])


WATCH = "from nightschool.children import watch_parent\nwatch_parent()"
IGNORE_SIGTERM = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize(("first", "watches_parent"), [(WATCH, True), ("", False)])
def test_a_child_ends_when_its_parent_is_killed(
    switchboard: Switchboard, log: Path, first: str, watches_parent: bool, how: signal.Signals
) -> None:
    parent = start_parent(switchboard.program(first), log, watches_parent=watches_parent)
    line = switchboard.wait_for_call()

    parent.send_signal(how)

    assert parent.wait() == -how
    assert hung_up(line)


def test_a_foreign_command_takes_its_own_children_with_it(switchboard: Switchboard, log: Path) -> None:
    grandchild = switchboard.program(IGNORE_SIGTERM)
    program = switchboard.program(f"subprocess.Popen([sys.executable, '-c', {grandchild!r}])")
    parent = start_parent(program, log, watches_parent=False)
    open_lines = [switchboard.wait_for_call(), switchboard.wait_for_call()]

    parent.kill()
    parent.wait()

    assert all(hung_up(line) for line in open_lines)


@pytest.mark.parametrize("watches_parent", [True, False])
def test_stop_lets_a_child_end_in_order(switchboard: Switchboard, log: Path, watches_parent: bool) -> None:
    tidy = "signal.signal(signal.SIGTERM, lambda *_: (print('tidied up', flush=True), sys.exit(0)))"
    with spawn([sys.executable, "-c", switchboard.program(tidy)], log=log, watches_parent=watches_parent) as child:
        line = switchboard.wait_for_call()

    assert hung_up(line)
    assert child.process.returncode == 0
    assert child.log_tail() == "tidied up"


@pytest.mark.parametrize("watches_parent", [True, False])
def test_stop_kills_a_child_that_does_not_end(switchboard: Switchboard, log: Path, watches_parent: bool) -> None:
    child = spawn([sys.executable, "-c", switchboard.program(IGNORE_SIGTERM)], log=log, watches_parent=watches_parent)
    line = switchboard.wait_for_call()

    child.stop(grace_s=0.1)

    assert hung_up(line)
    assert child.process.returncode is not None
    child.stop()


def test_stop_leaves_no_grandchild_behind(switchboard: Switchboard, log: Path) -> None:
    grandchild = switchboard.program(IGNORE_SIGTERM)
    program = switchboard.program(f"subprocess.Popen([sys.executable, '-c', {grandchild!r}])")
    with spawn([sys.executable, "-c", program], log=log):
        open_lines = [switchboard.wait_for_call(), switchboard.wait_for_call()]

    assert all(hung_up(line) for line in open_lines)


def test_ctrl_c_in_the_terminal_does_not_reach_a_child(switchboard: Switchboard, log: Path) -> None:
    with spawn([sys.executable, "-c", switchboard.program()], log=log) as child:
        switchboard.wait_for_call()

        assert os.getsid(child.process.pid) != os.getsid(0)


def test_a_child_gets_the_environment_and_more(log: Path) -> None:
    with spawn(
        [sys.executable, "-c", "import os; print(os.environ['GREETING'], 'PATH' in os.environ)"],
        log=log,
        env={"GREETING": "hello"},
    ) as child:
        child.process.wait(PATIENCE_S)

    assert child.log_tail() == "hello True"


@pytest.mark.parametrize(("source", "code"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_the_wrapper_passes_the_exit_code_on(log: Path, source: str, code: int) -> None:
    with spawn([sys.executable, "-c", source], log=log) as child:
        assert child.process.wait(PATIENCE_S) == code


def test_the_wrapper_without_a_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--"]) == ConfigError.exit_code
    assert "COMMAND" in capsys.readouterr().err


def test_healthy_means_that_the_page_answers_200(log: Path) -> None:
    port = free_port()
    with spawn([sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], log=log) as child:
        wait_until_healthy(f"http://127.0.0.1:{port}/", child=child, timeout_s=PATIENCE_S, what="the web server")

        with pytest.raises(NightschoolError, match="did not answer"):
            wait_until_healthy(f"http://127.0.0.1:{port}/absent", child=child, timeout_s=0.3, what="the web server")


def test_health_checks_do_not_go_through_a_proxy(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    test_healthy_means_that_the_page_answers_200(log)


def test_a_child_that_dies_is_reported_with_the_end_of_its_log(log: Path) -> None:
    source = "import sys; [print('line', n) for n in range(40)]; sys.exit('no such file: model.gguf')"
    with (
        spawn([sys.executable, "-c", source], log=log) as child,
        pytest.raises(ConfigError, match="the model server ended with exit code 1") as caught,
    ):
        wait_until_healthy("http://127.0.0.1:1/health", child=child, timeout_s=PATIENCE_S, what="the model server")

    assert "no such file: model.gguf" in str(caught.value)
    assert str(log) in str(caught.value)
    assert "line 3\n" not in str(caught.value)


def test_a_free_port_is_one_that_nobody_has_and_the_system_gives_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        taken = listener.getsockname()[1]
        monkeypatch.setattr("nightschool.children.PORTS", range(taken, taken + 4))
        assert free_port() != taken
    assert PORTS.stop <= 32_768
