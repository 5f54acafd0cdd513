"""Prefect's server on PostgreSQL: everything that `make up` makes is made there, and a night runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from prefect.client.orchestration import get_client

from deployments.automations import set_up_rules
from deployments.deploying import deploy_all, make_pool
from flows.server import use_server
from nightschool.children import free_port, spawn, wait_until_healthy
from nightschool.settings import Settings
from tests.integration.data import postgresql

pytestmark = pytest.mark.drill


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The API's URL."""
    with postgresql.running() as databases:
        database = sa.make_url(databases.new_database()).set(drivername="postgresql+asyncpg")
        url = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database.render_as_string(hide_password=False)}
        api = f"http://127.0.0.1:{(port := free_port())}/api"
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        own = {**url, "PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_API_URL": api}
        with spawn(command, log=tmp_path / "server.log", env=own) as child, use_server(api):
            wait_until_healthy(f"{api}/health", child=child, timeout_s=180, what="the Prefect server")
            yield api


def test_a_system_is_made_and_a_night_runs(server, tmp_path, monkeypatch):
    from flows.retrain import retrain
    from tasks.parameters import RetrainParameters

    monkeypatch.setenv("NIGHTSCHOOL_HOME", str(tmp_path / "home"))
    make_pool("nightschool")
    for _ in range(2):
        assert set(deploy_all(tmp_path / "home")) == {"nightly", "manual", "decide", "backfill"}
        assert set_up_rules(Settings()).startswith("Alerts: 6 rules")
    night = RetrainParameters(run_date=date(2026, 11, 21), agent="demo.simulated:build_agent", agent_db=str(tmp_path / "no.db"))
    state = asyncio.run(retrain(night, return_state=True))
    assert "no.db" in state.message
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(state.state_details.flow_run_id).name == "retrain-default-2026-11-21"
        assert len(client.read_deployments()) == 4
        assert len([rule for rule in client.read_automations() if rule.name.startswith("nightschool")]) == 6
