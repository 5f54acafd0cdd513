"""A night that is killed again and again at random points, and the same command again."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import replace
from random import Random

import pytest

from demo.simulated import SEED_PROMPT
from nightschool.dataset.salt import SALT_FILE
from nightschool.serving import load_prompt
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.integration.night.conftest import SMALL_SEARCH, TARGET, Home

KILLS = 3
RUNNERS = int(SMALL_SEARCH["N_RUNNERS"])
DEADLINE_S = 600
MEASURED = {"search": {"wall_s"}, "verdict": {"latency_s"}, "cost_usd": True}
"""What of a report a clock measures, or a sum of floats in the order in which calls end."""


@pytest.fixture
def home(desk, new_home, first_night):
    """A home of its own with a simulator of its own, whose counts are this night's alone; slow enough to be killed.

    Its salt is that of the night that nobody kills: users are units of the exam by their salted names.
    """
    with start_in_thread(SimulatorSettings(seed=1, latency_ms=20)) as endpoint:
        address = {"NIGHTSCHOOL_DEMO_MODEL_URL": f"{endpoint}/v1", "NIGHTSCHOOL_MODELS__BASE_URL": f"{endpoint}/v1"}
        path = new_home().path
        shutil.copy(first_night.home.path / SALT_FILE, path)
        yield Home(path, replace(desk, endpoint=endpoint, environment=desk.environment | address))


def test_the_same_command_completes_a_killed_night_and_asks_nothing_twice(home, first_night, prefect_api):
    said = killed_and_completed(home, Random(0), first_night.home.report().total_calls)
    for line in ("Iteration 1/2:", "Critique: ", "Avg Reward: ", "held-out mean", "strict grading", "Report: "):
        assert line in said
    assert_as_if_uninterrupted(home, first_night.home)


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(1, 21))
def test_a_night_survives_kills_at_many_random_points(home, first_night, prefect_api, seed):
    killed_and_completed(home, Random(seed), first_night.home.report().total_calls)
    assert_as_if_uninterrupted(home, first_night.home)


def killed_and_completed(home, random, calls):
    """Kill the night at random calls of all that it makes, then let it end; what all of these runs said."""
    said = ""
    for at in sorted(random.sample(range(1, 9 * calls // 10), KILLS)):
        with home.command() as killed:
            wait_for_requests(home, at, killed)
            assert home.incumbent() in ("", SEED_PROMPT)
            os.killpg(killed.pid, signal.SIGKILL)
            said += killed.stdout.read()
        assert load_prompt(TARGET, default="as before", home=home.path).text == "as before"
    with home.command() as again:
        last, _ = again.communicate(timeout=DEADLINE_S)
    assert again.returncode == 0, last
    assert "extract: done before, nothing to do" in last
    return said + last


def assert_as_if_uninterrupted(home, other):
    counts = home.desk.counts()
    # What was in flight, one call a rollout: the agent's calls are journaled one by one, and so are the judge's.
    assert counts["total"] - counts["distinct"] <= KILLS * RUNNERS
    assert load_prompt(TARGET, default="as before", home=home.path).text == home.incumbent() == other.incumbent()
    ended, uninterrupted = (one.report().model_dump(exclude=MEASURED) for one in (home, other))
    assert ended == uninterrupted


def wait_for_requests(home, wanted, process):
    deadline = time.monotonic() + DEADLINE_S
    while home.desk.counts()["total"] < wanted:
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
