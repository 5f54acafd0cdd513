"""`prefect deploy --all` with prefect.yaml, the form that it makes, and a scheduled run of what it deploys."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from tasks.parameters import RetrainParameters
from tests.integration.night.conftest import ROOT, TARGET, prefect


def test_each_declared_deployment_is_there(deployed):
    assert {"nightly", "manual", "decide"} <= set(deployed)
    assert [schedule.slug for schedule in deployed["nightly"].schedules] == ["nightly"]
    assert deployed["manual"].schedules == []
    assert {deployed[name].global_concurrency_limit.limit for name in ("nightly", "manual", "backfill")} == {4}
    assert deployed["decide"].global_concurrency_limit is None, "a decision waits for no night"


def test_the_form_explains_every_parameter(deployed):
    form = deployed["nightly"].parameter_openapi_schema["definitions"]["RetrainParameters"]["properties"]
    assert set(form) == set(RetrainParameters.model_fields)
    assert all(field["title"] and field["description"] for field in form.values())


def test_a_late_run_is_about_the_night_that_it_was_scheduled_for(deployed, new_home, prefect_api):
    home = new_home()
    due = datetime(2026, 9, 2, 3, tzinfo=UTC)
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployed["nightly"].id, state=Scheduled(scheduled_time=due))
        prefect("flow-run", "execute", str(run.id), **home.environment)
        ended = client.read_flow_run(run.id)
    assert ended.state.name == "NoData"
    assert ended.name == f"retrain-{TARGET}-2026-09-01"
    assert "2026-08-03 00:00 and 2026-09-02 00:00" in ended.state.message


AGENT = """\
import os
from agno.agent import Agent
KEY = os.environ["SHOP_MODEL_KEY"]
def build(prompt: str = "You help.") -> Agent:
    return Agent(system_message=prompt)
"""


@pytest.fixture
def shop(tmp_path):
    """A user's folder: an agent that wants its key in the environment, settings, and conversations that are not there yet."""
    folder = tmp_path / "shop"
    folder.mkdir()
    shutil.copy(ROOT / "prefect.yaml", folder)
    (folder / "shop_agent.py").write_text(AGENT)
    (folder / "nightschool.toml").write_text('target = "shop"\nagent = "shop_agent:build"\nagent_db = "shop.db"\n')
    (folder / ".env").write_text("SHOP_MODEL_KEY=sk-1\n")
    return folder


@pytest.mark.usefixtures("deployed")
def test_a_worker_elsewhere_runs_the_night_in_the_folder_that_was_deployed(shop, tmp_path, prefect_api):
    prefect("--no-prompt", "deploy", "--name", "manual", cwd=shop)
    with get_client(sync_client=True) as client:
        manual = client.read_deployment_by_name("retrain/manual")
        run = client.create_flow_run_from_deployment(manual.id)
        prefect("worker", "start", "--pool", "nightschool", "--type", "process", "--run-once", cwd=tmp_path)
        ended = client.read_flow_run(run.id)
    assert ended.name.startswith("retrain-shop-")
    # The agent found its key, and the settings named a database: looking for that one is what failed.
    assert ended.state.name == "Failed"
    assert "DataError" in ended.state.message
    assert "shop.db" in ended.state.message
    assert (shop / ".nightschool" / "registry.db").exists()
