"""A night of an agent in its own interpreter with a small budget: what it took is counted at the endpoint."""

import sys
from dataclasses import replace

import pytest

from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.integration.night.conftest import Home

MOST_CALLS = 200


@pytest.mark.drill
def test_the_search_ends_in_order_at_its_part_and_no_call_is_made_beyond_it(desk, new_home, prefect_api):
    with start_in_thread(SimulatorSettings(seed=1)) as endpoint:
        urls = {"NIGHTSCHOOL_DEMO_MODEL_URL": f"{endpoint}/v1", "NIGHTSCHOOL_MODELS__BASE_URL": f"{endpoint}/v1"}
        home = Home(new_home().path, replace(desk, endpoint=endpoint, environment=desk.environment | urls))
        with home.command("--agent-python", sys.executable, NIGHTSCHOOL_BUDGET__MAX_CALLS=str(MOST_CALLS)) as night:
            said, _ = night.communicate(timeout=600)
        made = home.desk.counts()
    assert night.returncode == 0, said
    report = home.report()
    assert made["agent"] > 40
    assert made["total"] == report.total_calls <= MOST_CALLS
    assert report.search.stopped.startswith("BudgetExhausted: the search's budget is used up: 120 of 200 calls")
