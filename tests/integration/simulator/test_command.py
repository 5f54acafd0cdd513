"""`python -m nightschool.simulator`, as a person or a parent process starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.request import ProxyHandler, build_opener

import pytest

COMMAND = [sys.executable, "-m", "nightschool.simulator"]


def start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ready_address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "a simulated model, not a real one" in line
    address = line.split()[-1]
    assert address.startswith("http://127.0.0.1:")
    return address


def test_it_says_what_it_is_and_ends_with_its_parent() -> None:
    with start("--port", "0", "--latency-ms", "1", "--seed", "7", "--fault-rate", "0.1", "--with-parent") as process:
        address = ready_address(process)
        # No proxy of the environment between this test and loopback.
        with build_opener(ProxyHandler({})).open(f"{address}/models", timeout=60) as response:
            assert "not a real model" in json.load(response)["data"][0]["owned_by"]
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_without_that_option_it_waits_to_be_stopped() -> None:
    with start() as process:
        ready_address(process)
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("options", [["--fault", "earthquake=1"], ["--fault", "dropped=2"], ["--latency-ms", "-1"]])
def test_settings_that_make_no_sense_are_refused_in_one_line(options: list[str]) -> None:
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("The simulator's settings can't be used:")
    assert len(done.stderr.splitlines()) == 1
