"""A night that is killed in the middle of its training, and the same command again."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from random import Random

import pytest

from demo.simulated import SEED_PROMPT
from nightschool.serving import load_prompt
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.integration.night.conftest import SMALL_SEARCH, TARGET, Home

RUNNERS = int(SMALL_SEARCH["N_RUNNERS"])
ROLLOUTS_BEFORE_THE_KILL = 150
DEADLINE_S = 600


@pytest.fixture
def home(desk, new_home):
    """A home of its own with a simulator of its own, whose counts are this night's alone; slow enough to be killed."""
    with start_in_thread(SimulatorSettings(seed=1, latency_ms=20)) as endpoint:
        address = {"NIGHTSCHOOL_DEMO_MODEL_URL": f"{endpoint}/v1", "NIGHTSCHOOL_MODELS__BASE_URL": f"{endpoint}/v1"}
        yield Home(new_home().path, replace(desk, endpoint=endpoint, environment=desk.environment | address))


def test_the_same_command_completes_a_killed_night_and_asks_nothing_twice(home, prefect_api):
    with home.command("--iterations", "1") as killed:
        wait_for_requests(home, ROLLOUTS_BEFORE_THE_KILL, killed)
        assert home.incumbent() == SEED_PROMPT
        os.killpg(killed.pid, signal.SIGKILL)
    assert load_prompt(TARGET, default="as before", home=home.path).text == "as before"

    with home.command("--iterations", "1") as again:
        said, _ = again.communicate(timeout=DEADLINE_S)
    assert again.returncode == 0, said
    assert "extract: done before, nothing to do" in said
    for line in ("Iteration 1/1:", "Critique: ", "Avg Reward: ", "held-out mean", "strict grading", "Report: "):
        assert line in said
    assert load_prompt(TARGET, default="as before", home=home.path).text == home.incumbent() != SEED_PROMPT
    counts = home.desk.counts()
    # What was in flight, one call a rollout: the agent's calls are journaled one by one, and so are the judge's.
    assert counts["total"] - counts["distinct"] <= RUNNERS


def wait_for_requests(home, wanted, process):
    deadline = time.monotonic() + DEADLINE_S
    while home.desk.counts()["total"] < wanted:
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(20))
def test_a_night_survives_many_kills_at_random_points(home, prefect_api, seed):
    """Killed again and again; each run begins where the one before stopped, and the incumbent is never missing."""
    random = Random(seed)
    for _ in range(3):
        with home.command("--iterations", "1") as killed:
            wait_for_requests(home, home.desk.counts()["total"] + random.randrange(1, ROLLOUTS_BEFORE_THE_KILL), killed)
            os.killpg(killed.pid, signal.SIGKILL)
        assert home.incumbent() in ("", SEED_PROMPT)

    with home.command("--iterations", "1") as again:
        said, _ = again.communicate(timeout=DEADLINE_S)
    assert again.returncode == 0, said
    assert "Report: " in said
    counts = home.desk.counts()
    assert counts["total"] - counts["distinct"] <= 3 * RUNNERS
