"""What was inside of a run that was cancelled ends with it, also where its process could not say so any more."""

from __future__ import annotations

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.states import Cancelled, Completed, Running

from flows.cancelling import cancel_children


@flow
def a_flow():
    """Stands for any."""


def test_the_runs_inside_of_a_cancelled_run_are_cancelled_and_those_that_ended_stay(prefect_harness):
    with get_client(sync_client=True) as client:
        parent = client.create_flow_run(a_flow, state=Cancelled())
        inside = client.create_task_run(task=_as_task(), flow_run_id=parent.id, dynamic_key="1")
        states = {"runs": Running(), "ended": Completed()}
        children = {
            name: client.create_flow_run(a_flow, name=name, parent_task_run_id=inside.id, state=state)
            for name, state in states.items()
        }
        beside = client.create_flow_run(a_flow, state=Running())
        cancel_children(a_flow, parent, Cancelled())
        now = {name: client.read_flow_run(child.id).state.name for name, child in children.items()}
        assert now == {"runs": "Cancelled", "ended": "Completed"}
        assert client.read_flow_run(beside.id).state.is_running()


def _as_task():
    from prefect import task

    return task(name="stands for a subflow")(lambda: None)
