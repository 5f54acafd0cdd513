"""A night that was started by Prefect's API with the form's fields, and cancelled in the middle of its training."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Cancelling

from demo.simulated import SEED_PROMPT
from nightschool.registry.leases import lease
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.integration.night.conftest import FIRST_DAY, TARGET, Home, deployment_like

REQUESTS_BEFORE = 20
POLL_S = 0.2
DEADLINE_S = 180


@pytest.fixture
def home(desk, new_home):
    """A home of its own with a simulator of its own, slow enough to be cancelled."""
    with start_in_thread(SimulatorSettings(seed=1, latency_ms=100)) as endpoint:
        address = {"NIGHTSCHOOL_DEMO_MODEL_URL": f"{endpoint}/v1", "NIGHTSCHOOL_MODELS__BASE_URL": f"{endpoint}/v1"}
        yield Home(new_home().path, replace(desk, endpoint=endpoint, environment=desk.environment | address))


def test_a_cancelled_night_ends_at_once_and_leaves_its_target_free(deployed, home, prefect_api):
    fields = {"run_date": FIRST_DAY.isoformat(), "days": 1, "strategy": "single", "budget_usd": 3.0}
    with get_client(sync_client=True) as client:
        manual = deployment_like(deployed["manual"], "by-api")
        run = client.create_flow_run_from_deployment(manual, parameters={"parameters": fields})
        command = [sys.executable, "-m", "prefect", "flow-run", "execute", str(run.id)]
        with subprocess.Popen(command, env={**os.environ, **home.environment}) as process:
            while home.desk.counts()["total"] < REQUESTS_BEFORE:
                with pytest.raises(subprocess.TimeoutExpired):  # it is at work
                    process.wait(POLL_S)
            client.set_flow_run_state(run.id, Cancelling())
            process.wait(DEADLINE_S)
        ended = client.read_flow_run(run.id)
    assert (ended.name, ended.state.name) == (f"retrain-{TARGET}-{FIRST_DAY}", "Cancelled")
    assert home.incumbent() == SEED_PROMPT
    asyncio.run(take_the_lease(home))


async def take_the_lease(home):
    async with lease(f"sqlite:///{home.path / 'registry.db'}", "production", TARGET, wait=False, tell=pytest.fail):
        pass
