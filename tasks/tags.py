"""Tags of a flow run: what it was about and how it ended, to filter by in Prefect's UI."""

from __future__ import annotations

from collections.abc import Collection

from nightschool.records import Night

OF_BACKFILL, OF_DIVIDED = "part:backfill", "part:domain"
"""Tags of a run inside of another one: a date of a range, a domain's night within that of a divided target."""
ONLY_WHAT_WAITS = "part:promote-last"
"""Tag of a night of production that a backfill starts for its last prompt: it ends as `NoData` where it can't examine that."""


def in_brackets(tags: Collection[str]) -> str:
    """The end of the name of a run that is part of another; empty for any other.

    The alert rules know such a run by it, and leave it to the run around it to be told.
    """
    return next((f" ({part.partition(':')[2]})" for part in (OF_BACKFILL, OF_DIVIDED) if part in tags), "")


async def tag_run(night: Night, verdict: str = "") -> None:
    """Add the target, the track and the verdict to the tags of the run that is under way; outside of a run nothing.

    A night that broke has no verdict.
    """
    from prefect import runtime
    from prefect.client.orchestration import get_client

    if not runtime.flow_run.id:
        return
    added = {f"target:{night.target}", f"track:{night.track}", *([f"verdict:{verdict}"] if verdict else [])}
    async with get_client() as client:
        await client.update_flow_run(runtime.flow_run.id, tags={*runtime.flow_run.tags, *added})
