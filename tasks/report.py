"""Report: one page, and Prefect artifacts with the same figures."""

from __future__ import annotations

import re
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from nightschool.report import NightReport, as_markdown, write_report
from nightschool.settings import Settings


@task(name="report")
def report(night_report: NightReport, *, settings: Settings) -> Path:
    """Write the page, and show it in Prefect's UI."""
    name = re.sub(r"[^a-z0-9]+", "-", night_report.night.key.lower())  # all that Prefect takes in a key
    create_markdown_artifact(as_markdown(night_report), key=f"report-{name}", description=night_report.verdict.reason)
    create_table_artifact(_rewards(night_report), key=f"rewards-{name}", description="Held-out means of both arms")
    return write_report(night_report, settings.home)


def _rewards(night_report: NightReport) -> list[dict[str, object]]:
    arms = {"incumbent": night_report.incumbent, "challenger": night_report.challenger}
    return [{"arm": arm, **means.model_dump()} for arm, means in arms.items()]
