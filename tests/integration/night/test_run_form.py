"""A person starts a night in Prefect's UI: opens the form, fills it, presses Submit, and reads the report."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    DeploymentFilter,
    DeploymentFilterId,
)
from prefect.client.schemas.objects import FlowRun

from tests.browser import a_page, needs_browser
from tests.integration.night.conftest import FIRST_DAY, TARGET, prefect


def runs_of(deployment: Any) -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        return client.read_flow_runs(deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])))


async def submit_form(ui: str, deployment: Any, picture: Path) -> str:
    """Fill in the form and submit it; the text of the run's page."""
    async with a_page() as page:
        await page.goto(f"{ui}/v2/deployments/deployment/{deployment.id}/run")
        await page.get_by_label("Run date (Optional)").click()
        await page.get_by_label("Date (yyyy-MM-dd)").fill(FIRST_DAY.isoformat())
        await page.keyboard.press("Escape")
        await page.get_by_label("Days (Optional)").fill("1")
        await page.get_by_label("Budget in USD (Optional)").fill("2.5")
        await page.screenshot(path=picture, full_page=True)
        form = await page.inner_text("body")
        await page.get_by_role("button", name="Submit").click()
        await page.wait_for_url("**/deployments/deployment/**")
        await page.get_by_text("scheduled to start").or_(page.get_by_text("Flow run created")).first.wait_for()
        return form


async def read_report(ui: str, run: FlowRun, picture: Path) -> str:
    """The text of the page of the run's report."""
    of_the_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]), key=ArtifactFilterKey(like_="report-%"))
    with get_client(sync_client=True) as client:
        [page_of_it] = client.read_artifacts(artifact_filter=of_the_run)
    async with a_page() as page:
        await page.goto(f"{ui}/v2/artifacts/artifact/{page_of_it.id}")
        await page.get_by_role("cell", name="held-out reward").wait_for()
        await page.screenshot(path=picture)
        return await page.inner_text("body")


@pytest.mark.drill
@pytest.mark.browser
@needs_browser
def test_a_night_by_form(deployed, home, prefect_api, tmp_path):
    prefect("--no-prompt", "deploy", "--name", "manual", **home.environment)  # another test may have, from another folder
    ui, manual = prefect_api.removesuffix("/api"), deployed["manual"]
    form = asyncio.run(submit_form(ui, manual, tmp_path / "form.png"))
    assert TARGET in form
    assert all(words in form for words in ("What the night's LLM calls may cost", "Advanced", "Pick a date"))

    [run] = runs_of(manual)
    assert run.parameters["parameters"]["run_date"] == FIRST_DAY.isoformat()
    assert (run.parameters["parameters"]["days"], run.parameters["parameters"]["budget_usd"]) == (1, 2.5)
    prefect("worker", "start", "--pool", "nightschool", "--type", "process", "--run-once", cwd=tmp_path, **home.environment)

    [ended] = runs_of(manual)
    assert ended.name == f"retrain-{TARGET}-{FIRST_DAY}"
    assert ended.state.message == home.report().verdict.reason
    assert {f"target:{TARGET}", f"verdict:{ended.state.name}"} <= set(ended.tags)
    assert home.report().verdict.reason in asyncio.run(read_report(ui, ended, tmp_path / "report.png"))
