"""A person starts a night in Prefect's UI: opens the form, fills it, presses Submit, sees how it ended, reads the report."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from tests.integration.night.conftest import FIRST_DAY, TARGET, deployment_like, prefect

if TYPE_CHECKING:
    from playwright.async_api import Page

LOADS, LOOK_MS = 4, 30_000


@pytest.fixture
def manual(deployed: dict[str, Any]) -> str:
    return deployment_like(deployed["manual"], "by-form")


def run_of(deployment: str) -> FlowRun:
    with get_client(sync_client=True) as client:
        [run] = client.read_flow_runs(deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])))
    return run


def report_of(run: FlowRun) -> str:
    """The id of the run's report."""
    of_the_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]), key=ArtifactFilterKey(like_="report-%"))
    with get_client(sync_client=True) as client:
        [page] = client.read_artifacts(artifact_filter=of_the_run)
    return str(page.id)


async def submit_form(page: Page, url: str, picture: Path) -> str:
    """Fill in the form and submit it; the text of the form."""
    await page.goto(url)
    await page.get_by_label("Run date (Optional)").click()
    await page.get_by_label("Date (yyyy-MM-dd)").fill(FIRST_DAY.isoformat())
    await page.keyboard.press("Escape")
    await page.get_by_label("Days (Optional)").fill("1")
    await page.get_by_label("Budget in USD (Optional)").fill("2.5")
    await page.screenshot(path=picture, full_page=True)
    form = await page.inner_text("body")
    async with page.expect_response("**/create_flow_run"):  # what the page then says of it is gone within seconds
        await page.get_by_role("button", name="Submit").click()
    return form


async def read(page: Page, url: str, words: Sequence[str], picture: Path) -> str:
    """The text of a page once all these words are in it; one that a busy server refused something is loaded anew."""
    from playwright.async_api import TimeoutError as NotThere

    for _ in range(LOADS):
        await page.goto(url)
        with contextlib.suppress(NotThere):
            for each in words:
                await page.get_by_text(each).first.wait_for(timeout=LOOK_MS)
            break
    await page.screenshot(path=picture)
    return await page.inner_text("body")


def on_the_run(end_state: str) -> list[str]:
    """What the page of the run shows: how it ended, and two artifacts (of its tags only the first few)."""
    return [*(f"{kind}-production-{TARGET}-{FIRST_DAY}" for kind in ("report", "page")), end_state]


@pytest.mark.browser
@needs_browser
def test_a_night_by_form(manual, home, prefect_api, tmp_path):
    async def a_person(ui: str) -> tuple[str, FlowRun, str, str]:
        async with a_page() as page:
            form = await submit_form(page, f"{ui}/deployments/deployment/{manual}/run", tmp_path / "form.png")
            begun = run_of(manual)
            printed = await asyncio.to_thread(prefect, "flow-run", "execute", str(begun.id), **home.environment)
            assert run_of(manual).state.name == home.report().end_state, (run_of(manual).state, printed)
            of_the_run = f"{ui}/runs/flow-run/{begun.id}?tab=Artifacts"
            run = await read(page, of_the_run, on_the_run(home.report().end_state), tmp_path / "run.png")
            address = f"{ui}/artifacts/artifact/{report_of(begun)}"
            return form, begun, run, await read(page, address, ["held-out reward"], tmp_path / "report.png")

    form, begun, run, report = asyncio.run(a_person(f"{prefect_api.removesuffix('/api')}/v2"))
    assert all(words in form for words in (TARGET, "What the night's LLM calls may cost", "Advanced", "Pick a date"))
    assert begun.parameters["parameters"]["run_date"] == FIRST_DAY.isoformat()
    assert (begun.parameters["parameters"]["days"], begun.parameters["parameters"]["budget_usd"]) == (1, 2.5)

    told, ended = home.report(), run_of(manual)
    assert (ended.name, ended.state.name) == (f"retrain-{TARGET}-{FIRST_DAY}", told.end_state)
    assert ended.state.message == told.verdict.reason
    assert {f"target:{TARGET}", f"verdict:{told.end_state}"} <= set(ended.tags)
    assert ended.name in run
    assert all(words in run for words in on_the_run(told.end_state))
    assert told.verdict.reason in report
