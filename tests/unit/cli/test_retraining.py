"""`retrain` hands everything over to the flows and passes their ending on."""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys

import pytest

FLOW = """
import json, os, sys
open("called.json", "w").write(json.dumps([sys.argv[1:], os.environ.get("NIGHTSCHOOL_HOME")]))
sys.exit(7)
"""
WAITING_FLOW = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
print("ready", flush=True)
signal.pause()
"""
CLI = "from nightschool.cli import main; main()"


@pytest.fixture
def flows(folder):
    """A checkout whose flows are the given script."""

    def write(script):
        (folder / "flows").mkdir()
        (folder / "flows" / "__init__.py").touch()
        (folder / "flows" / "__main__.py").write_text(script)

    return write


def test_all_arguments_and_the_exit_code_are_passed_on(cli, flows, folder):
    flows(FLOW)
    ended = cli("--home", folder / "there", "retrain", "--agent-db", "a b.db", "--dry-run", "--help", "--", "-x")
    assert ended.exit_code == 7
    arguments = ["retrain", "--agent-db", "a b.db", "--dry-run", "--help", "--", "-x"]
    assert (folder / "called.json").read_text().startswith(f"[{arguments!r}".replace("'", '"'))
    assert str(folder / "there") in (folder / "called.json").read_text()


def test_without_flows_it_says_where_they_are(cli, folder, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    refused = cli("retrain", "--dry-run")
    assert refused.exit_code == 2
    assert "flows are not installed here" in refused.stderr
    assert "checkout" in refused.stderr


def test_who_ends_the_command_ends_the_night(flows, folder):
    flows(WAITING_FLOW)
    command = [sys.executable, "-c", CLI, "retrain"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True)
    with process, ending(process):
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.wait(120) == 9


@contextlib.contextmanager
def ending(process):
    """Whatever the test finds, nothing of the process stays."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_a_night_that_was_killed_ends_as_shells_say_it(cli, flows):
    flows("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert cli("retrain").exit_code == 137
