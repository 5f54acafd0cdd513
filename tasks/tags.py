"""Tags of a flow run: what it was about and how it ended, to filter by in Prefect's UI."""

from __future__ import annotations

from nightschool.records import Night


async def tag_run(night: Night, verdict: str) -> None:
    """Add the target, the track and the verdict to the tags of the run that is under way; outside of a run nothing."""
    from prefect import runtime
    from prefect.client.orchestration import get_client

    if not runtime.flow_run.id:
        return
    added = {f"target:{night.target}", f"track:{night.track}", f"verdict:{verdict}"}
    async with get_client() as client:
        await client.update_flow_run(runtime.flow_run.id, tags={*runtime.flow_run.tags, *added})
