"""What a run leaves in Prefect's UI: a bar that is full, tables, links; or why it could not begin."""

from __future__ import annotations

import asyncio

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import Artifact

from flows.retrain import retrain
from nightschool.settings import Settings
from tasks.progress import progress_bar
from tasks.report import report
from tests.unit.report.nights import a_report

STORE = "http://127.0.0.1:4747"


def test_a_run_has_a_full_bar_tables_and_links(prefect_api, tmp_path):
    told = a_report()
    settings = Settings(home=tmp_path / "home", store_url=STORE)

    @flow
    async def a_night() -> None:
        async with progress_bar(told.night, 80, lambda: 20):
            pass
        await asyncio.to_thread(report, told, settings=settings)

    state = asyncio.run(a_night(return_state=True))
    left = artifacts_of(state.state_details.flow_run_id)
    name = told.night.key.replace(".", "-")
    assert set(left) == {f"{kind}-{name}" for kind in ("progress", "report", "rewards", "slices", "stages", "page", "traces")}
    assert (left[f"progress-{name}"].type, left[f"progress-{name}"].data) == ("progress", 100.0)
    assert "20 of at most 80 rollouts" in left[f"progress-{name}"].description
    page = next((tmp_path / "home" / "reports").glob("*.html"))
    assert page.as_uri() in left[f"page-{name}"].data
    assert STORE in left[f"traces-{name}"].data


def artifacts_of(run: object) -> dict[str, Artifact]:
    of_the_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
    with get_client(sync_client=True) as client:
        return {str(artifact.key): artifact for artifact in client.read_artifacts(artifact_filter=of_the_run)}


def test_a_form_that_can_not_be_is_refused_in_the_models_own_words(prefect_api):
    state = asyncio.run(retrain({"end": "2026-10-01"}, return_state=True))
    assert state.is_failed()
    assert "a last day needs a first day" in state.message
