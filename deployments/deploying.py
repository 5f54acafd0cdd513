"""Work pool and deployments, as prefect.yaml declares them."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import yaml

from nightschool.errors import ConfigError

DECLARATION = Path(__file__).parents[1] / "prefect.yaml"


def make_pool(name: str) -> None:
    """Make the process work pool, where it is not there yet."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    with get_client(sync_client=True) as client, contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=name, type="process"))


def deploy_all(home: Path) -> list[str]:
    """Deploy what prefect.yaml declares from this folder; again changes nothing. Returns the deployments' names.

    The folder's own prefect.yaml is taken, where it has one.

    Raises:
        ConfigError: with what `prefect deploy` said.
    """
    own = Path("prefect.yaml")
    declaration = own if own.exists() else DECLARATION
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(declaration)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    log = home.absolute() / "logs" / "prefect-deploy.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
        raise ConfigError(f"`prefect deploy --all` failed; all that it said is in {log}:\n{last}")
    return [deployment["name"] for deployment in yaml.safe_load(declaration.read_text(encoding="utf-8"))["deployments"]]


def end_dead_runs() -> int:
    """End what our own server still calls running when it starts: its process died with the system. Returns how many.

    Without it such a run would keep its place, and every later one would wait.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    under_way = FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING, StateType.CANCELLING])
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=under_way)))
        for run in runs:
            gone = "The system was stopped or killed while it ran; the same run again goes on where it stopped."
            client.set_flow_run_state(run.id, Crashed(message=gone))
    return len(runs)
