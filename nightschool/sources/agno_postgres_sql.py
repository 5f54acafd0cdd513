"""Where each version of Agno keeps its runs in a PostgreSQL, as SQL that gives them all one form (`RUN_COLUMNS`)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nightschool.records import Window
from nightschool.sources.postgres_reading import Table, quoted_table
from nightschool.sources.run_sql import MILLISECONDS_FROM

_DROPPED = ("events", "member_responses", "step_results", "step_executor_runs", "references", "model_provider_data", "messages")
# Agno counts seconds; some programs that fill its tables count in smaller units.
_UNITS = (1, 10**3, 10**6, 10**9)
_DROPPED_INPUTS = ("images", "videos", "audios", "audio", "files")

# Messages that are history come first, after the system's: where the first two are none, the others are none either,
# and but for Agno 1, which keeps no input, nothing but the system's is looked at.
_HEAD_IS_ENOUGH = """data ? 'input' AND data #>> '{messages,0,from_history}' IS DISTINCT FROM 'true'
    AND data #>> '{messages,1,from_history}' IS DISTINCT FROM 'true'"""
PICKED = f"""
    CASE jsonb_typeof(data) WHEN 'object' THEN
        (data - '{{{",".join(_DROPPED)}}}'::text[]) {" ".join(f"#- '{{input,{name}}}'" for name in _DROPPED_INPUTS)}
        || jsonb_build_object('messages', CASE WHEN {_HEAD_IS_ENOUGH}
            THEN jsonb_path_query_array(data, '$.messages[0 to 1]') ELSE data -> 'messages' END)
    ELSE data END::text
"""
"""What a turn needs of a run (`data`), as the server picks it out; the rest does not travel."""

_SECONDS = """CASE WHEN jsonb_typeof(run -> 'created_at') = 'number' THEN (run ->> 'created_at')::numeric::bigint END"""
_ARRAY = (
    """CASE jsonb_typeof({column}) WHEN 'array' THEN {column} WHEN 'string' THEN ({column} #>> '{{}}')::jsonb ELSE '[]' END"""
)
# Agno 1 stamps each run with the start of its process; what was said in it has the right time.
_WHEN_SAID = """(SELECT min((message ->> 'created_at')::numeric::bigint) FROM jsonb_array_elements(
    CASE jsonb_typeof(run -> 'messages') WHEN 'array' THEN run -> 'messages' ELSE '[]' END) AS message
    WHERE jsonb_typeof(message -> 'created_at') = 'number' AND message ->> 'from_history' IS DISTINCT FROM 'true')"""
_OWNERS = ("agent_id", "team_id", "workflow_id")


def agno_three_runs(runs: Table) -> str:
    """Agno 3: one row a run."""
    return f"""
        SELECT created_at, run_id, session_id, agent_id, team_id, workflow_id, user_id, parent_run_id, status,
            run_index, run_data AS data
        FROM {quoted_table(runs)}
    """


def agno_two_runs(sessions: Table, moved_to: Table | None) -> str:
    """Agno 2: runs inside of sessions; those that a migration moved to a table of their own are left to that one."""
    array = _ARRAY.format(column="s.runs")
    moved = (
        f"WHERE NOT EXISTS (SELECT 1 FROM {quoted_table(moved_to)} AS r WHERE r.run_id = run ->> 'run_id')" if moved_to else ""
    )
    return _of_sessions(sessions, f"jsonb_array_elements({array})", f"coalesce({_SECONDS}, s.created_at)", _OWNERS) + moved


def agno_one_runs(sessions: Table, owners: Sequence[str], *, has_runs: bool) -> str:
    """Agno 1: a table for each kind of session, named by the site; runs in `memory`, those of workflows in `runs`.

    Args:
        sessions: the table.
        owners: which of agent_id, team_id and workflow_id are columns of it.
        has_runs: whether `runs` is one.
    """
    arrays = [_ARRAY.format(column="(s.memory -> 'runs')")] + ([_ARRAY.format(column="s.runs")] if has_runs else [])
    elements = f"jsonb_array_elements({' || '.join(f'({array})' for array in arrays)})"
    return _of_sessions(sessions, elements, f"coalesce({_WHEN_SAID}, {_SECONDS}, s.created_at)", owners, finished=True)


def _of_sessions(sessions: Table, elements: str, time: str, owners: Sequence[str], *, finished: bool = False) -> str:
    nobody = " AND ".join(f"run ->> '{owner}' IS NULL" for owner in _OWNERS)
    ids = ", ".join(
        f"CASE WHEN {nobody} THEN s.{owner} ELSE run ->> '{owner}' END AS {owner}"
        if owner in owners
        else f"run ->> '{owner}' AS {owner}"
        for owner in _OWNERS
    )
    # A run that Agno 1 finished still says RUNNING.
    status = "CASE run ->> 'status' WHEN 'RUNNING' THEN 'COMPLETED' ELSE run ->> 'status' END" if finished else "run ->> 'status'"
    return f"""
        SELECT {time} AS created_at, coalesce(run ->> 'run_id', s.session_id || ':' || nth) AS run_id, s.session_id, {ids},
            coalesce(run ->> 'user_id', s.user_id) AS user_id, run ->> 'parent_run_id' AS parent_run_id, {status} AS status,
            nth - 1 AS run_index, run AS data
        FROM {quoted_table(sessions)} AS s, LATERAL {elements} WITH ORDINALITY AS element(run, nth)
    """


def sessions_of(sessions: Table, metadata: str) -> str:
    """Sessions with what the site itself says of them, in the column that the version of Agno has for it."""
    return f"SELECT session_id, {metadata} AS metadata FROM {quoted_table(sessions)}"


CONTAINS_AGENT = """
    parent_run_id IS NULL AND (workflow_id IS NOT NULL OR team_id IS NOT NULL) AND jsonb_path_exists(
        data, '$.** ? (@.agent_id == $agent || @.team_id == $agent)', jsonb_build_object('agent', %(agent)s::text))
"""
"""Whether a team's or workflow's run may have one of the agent's inside."""

SESSION_RATING = "metadata ->> 'rating', coalesce(metadata ->> 'feedback', metadata ->> 'comment', '')"
IS_RATED = "jsonb_typeof(metadata) = 'object' AND metadata ->> 'rating' ~ '^[1-5]$'"


def within(window: Window) -> str:
    """Whether `created_at` is in a window, in whatever unit it was written."""
    start, end = window.start.timestamp(), window.end.timestamp()
    bounds = [(math.ceil(start * unit), math.ceil(end * unit)) for unit in _UNITS]
    return "(" + " OR ".join(f"(created_at >= {first} AND created_at < {last})" for first, last in bounds) + ")"


SECONDS = f"""
    CASE WHEN created_at < {MILLISECONDS_FROM} THEN created_at WHEN created_at < 1e14 THEN created_at / 1000
    WHEN created_at < 1e17 THEN created_at / 1000000 ELSE created_at / 1000000000 END
"""
"""`created_at` in seconds, in whatever unit it was written."""
