"""Report: one page, and Prefect artifacts with the same figures."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from prefect import task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from nightschool.records import Verdict
from nightschool.report import NightReport, as_markdown, write_report
from nightschool.settings import Settings
from tasks.artifact_keys import artifact_key


@task(name="report")
def report(night_report: NightReport, *, settings: Settings) -> Path:
    """Write the page, and show it in Prefect's UI."""

    def key(kind: str) -> str:
        return artifact_key(kind, night_report.night.key)

    create_markdown_artifact(as_markdown(night_report), key=key("report"), description=night_report.verdict.reason)
    create_table_artifact(_rewards(night_report), key=key("rewards"), description="Held-out means of both arms")
    create_table_artifact(_slices(night_report.verdict), key=key("slices"), description="Gain by slice of the traffic")
    create_table_artifact(_stages(), key=key("stages"), description="The night's stages before this report")
    page = write_report(night_report, settings.home)
    _link(page.with_suffix(".html").absolute().as_uri(), key("page"), "The report as one page, on the worker's machine")
    if settings.store_url:
        _link(settings.store_url, key("traces"), "The trace store with the rollouts of the search")
    return page


def _link(url: str, key: str, description: str) -> None:
    create_link_artifact(link=url, link_text=description, key=key, description=description)


def _slices(verdict: Verdict) -> list[dict[str, object]]:
    return [figures.model_dump() for figures in verdict.slices]


def _stages() -> list[dict[str, object]]:
    """The stages of this run that have ended, in their order; none where nothing runs."""
    from prefect import runtime
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    if not runtime.flow_run.id:
        return []
    here = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(runtime.flow_run.id)]))
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=here)
    ended = [run for run in runs if run.state is not None and run.state.is_final() and run.start_time]
    return [
        {"stage": run.name.rpartition("-")[0], "state": run.state_name, "seconds": round(run.total_run_time.total_seconds(), 1)}
        for run in sorted(ended, key=lambda run: str(run.start_time))
    ]


def _rewards(night_report: NightReport) -> list[dict[str, object]]:
    arms = {"incumbent": night_report.incumbent, "challenger": night_report.challenger}
    return [{"arm": arm, **means.model_dump()} for arm, means in arms.items()]
