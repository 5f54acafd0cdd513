"""What is cancelled with a run: Prefect stops its process, and leaves the runs inside of it as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.flows import Flow


def cancel_children(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """End the runs that a cancelled run had begun (Prefect's `on_cancellation`)."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId
    from prefect.states import Cancelled

    inside = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run.id]))
    with get_client(sync_client=True) as client:
        for child in client.read_flow_runs(flow_run_filter=inside):
            if child.state is None or not child.state.is_final():
                client.set_flow_run_state(child.id, Cancelled(message=f"{flow_run.name} was cancelled"), force=True)
