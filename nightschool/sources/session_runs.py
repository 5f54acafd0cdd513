"""The runs inside of a session, as Agno 2 and 1 keep them; and the runs inside of other runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nightschool.sources.agno_runs import RawRun

_OWNERS = ("agent_id", "team_id", "workflow_id")


class RawSession(NamedTuple):
    """A session as it was found; an id that its table has no column for is None. `runs` and `memory` are JSON texts."""

    session_id: Any
    user_id: Any
    agent_id: Any
    team_id: Any
    workflow_id: Any
    created_at: Any
    runs: Any
    memory: Any


def runs_of(session: RawSession, agent_id: str = "") -> list[RawRun]:
    """The session's runs in their order: those at the top, or all runs of one agent or team, wherever they are.

    Raises:
        ValueError: with the reason in a few words, where the session can't be read.
    """
    found = _listed(session)
    if not agent_id:
        return [run for run in found if run.parent_run_id is None]
    known = {run.run_id for run in found}
    nested = [inner for run in found for inner in nested_runs(run, agent_id) if inner.run_id not in known]
    return [run for run in found if _belongs_to(run, agent_id)] + nested


def nested_runs(run: RawRun, agent_id: str) -> Iterator[RawRun]:
    """What an agent or team did inside of a run: as a member of a team, or as a step of a workflow."""
    data = json.loads(run.run_data)
    for inner in _inside(data) if isinstance(data, dict) else ():
        found = RawRun(
            created_at=inner.get("created_at", run.created_at),
            run_id=inner.get("run_id") or f"{run.run_id}:{agent_id}",
            session_id=run.session_id,
            agent_id=inner.get("agent_id"),
            team_id=inner.get("team_id"),
            workflow_id=run.workflow_id,
            user_id=inner.get("user_id") or run.user_id,
            parent_run_id=run.run_id,
            status=_finished(inner.get("status")),
            run_index=run.run_index,
            run_data=json.dumps(inner),
        )
        if _belongs_to(found, agent_id):
            yield found


def _inside(run: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every run inside of a run, at any depth."""
    members = [*_list(run, "member_responses"), *_list(run, "step_executor_runs")]
    steps = [one.get("response") for one in _list(run, "step_responses") if isinstance(one, dict)]
    for inner in [*members, *steps]:
        if isinstance(inner, dict):
            yield inner
            yield from _inside(inner)


def _listed(session: RawSession) -> list[RawRun]:
    memory = decoded(session.memory)
    listed = decoded(session.runs) or (memory.get("runs") if isinstance(memory, dict) else None) or []
    if not isinstance(listed, list):
        raise ValueError("unknown shape: runs")  # noqa: TRY004 - the caller counts ValueErrors as bad rows
    is_one = session.memory is not None or session.runs is None
    return [_raw_run(session, number, run, is_one=is_one) for number, run in enumerate(listed) if isinstance(run, dict)]


def _raw_run(session: RawSession, number: int, run: Mapping[str, Any], *, is_one: bool) -> RawRun:
    owners = {name: run.get(name) for name in _OWNERS}
    if not any(owners.values()):
        owners = {name: getattr(session, name) for name in _OWNERS}
    return RawRun(
        created_at=_time(run, is_one=is_one) or session.created_at,
        run_id=run.get("run_id") or f"{session.session_id}:{number + 1}",
        session_id=session.session_id,
        **owners,
        user_id=run.get("user_id") or session.user_id,
        parent_run_id=run.get("parent_run_id"),
        status=_finished(run.get("status")) if is_one else run.get("status"),
        run_index=number,
        run_data=json.dumps(run),
    )


def _time(run: Mapping[str, Any], *, is_one: bool) -> Any:
    """When a run was. Agno 1 stamps all runs of a process with its start; what was said in them has the right time."""
    said = [message for message in _list(run, "messages") if isinstance(message, dict) and not message.get("from_history")]
    times = [time for message in said if isinstance(time := message.get("created_at"), int)]
    return min(times) if is_one and times else run.get("created_at")


def _finished(status: Any) -> Any:
    """The status of a run that is kept inside of something: Agno 1 says RUNNING of those that have ended."""
    return "COMPLETED" if status == "RUNNING" else status


def _belongs_to(run: RawRun, agent_id: str) -> bool:
    return run.agent_id == agent_id or (run.team_id == agent_id and (run.agent_id is None or run.parent_run_id is None))


def _list(run: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = run.get(name)
    return value if isinstance(value, list) else ()


def decoded(raw: Any) -> Any:
    """A value from JSON text; Agno 2 encodes it twice."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise ValueError("text is not UTF-8")  # noqa: TRY004 - the caller counts ValueErrors as bad rows
    try:
        value = json.loads(raw)
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        raise ValueError("broken JSON") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
