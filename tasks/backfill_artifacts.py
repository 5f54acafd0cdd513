"""A backfill's plan and summary in Prefect's UI, and in files."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from nightschool.preflight.backfill import BackfillPlan
from nightschool.report.backfill import BackfillSummary, as_markdown, as_picture, write_summary
from tasks.artifact_keys import artifact_key
from tasks.logs import stage_logger


async def show_plans(plans: Sequence[BackfillPlan]) -> None:
    """Tell what is to be done, and keep it as a table for each target."""
    for plan in plans:
        bound = plan.bound
        told = f"{plan.target} on {plan.track}: {len(plan.to_do)} of {len(plan.dates)} dates to do"
        told += f", at most {bound.llm_calls} LLM calls, ${bound.cost_usd:.2f}"
        stage_logger().info("%s", told)
        await acreate_table_artifact(_rows(plan), key=artifact_key("plan", f"{plan.track}-{plan.target}"), description=told)


async def show_summary(summary: BackfillSummary, home: Path) -> Path:
    """Tell how a target's dates ended, write its page, and keep it in the UI; returns the page."""
    stage_logger().info("%s", summary.sentence)
    picture = base64.b64encode(as_picture(summary).encode()).decode()
    page = as_markdown(summary, f"data:image/svg+xml;base64,{picture}")
    await acreate_markdown_artifact(page, key=artifact_key("backfill", summary.name), description=summary.sentence)
    return write_summary(summary, home)


def _rows(plan: BackfillPlan) -> list[dict[str, object]]:
    return [
        {
            "run date": planned.run_date.isoformat(),
            "turns": planned.turns,
            "new": planned.new_turns,
            "LLM calls at most": planned.bound.llm_calls,
            "USD at most": round(planned.bound.cost_usd, 2),
            "": planned.expected,
        }
        for planned in plan.dates
    ]
