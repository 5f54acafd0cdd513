"""Which Agno wrote a SQLite database, told by the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping

from nightschool.errors import ConfigError
from nightschool.records import SourcePolicy
from nightschool.sources.agno_migrated import AgnoMigratedSource
from nightschool.sources.agno_sessions import AgnoSessionsSource
from nightschool.sources.agno_three import AgnoThreeSource
from nightschool.sources.base import ColumnarSource
from nightschool.sources.session_tables import SessionTable
from nightschool.sources.sqlite_reading import SqliteReader

Tables = Mapping[str, set[str]]

_RUNS = {"run_id", "session_id", "run_index", "run_data", "created_at", "parent_run_id", "workflow_id"}
_SESSIONS = {"session_id", "session_type", "metadata", "created_at"}
_AGNO_ONE = {"session_id", "memory", "session_data", "extra_data", "user_id", "created_at"}


def open_agno(reader: SqliteReader, tables: Tables, policy: SourcePolicy, *, agent_id: str = "") -> ColumnarSource | None:
    """The Agno 3, 2 or 1 database; None where it is none.

    Raises:
        ConfigError: where several tables could be the one, or the one that the settings name is not there.
    """
    runs = _one(_matching(tables, _RUNS, policy.runs_table), "agno_runs", "runs_table")
    sessions = _one(_matching(tables, _SESSIONS, policy.sessions_table), "agno_sessions", "sessions_table", beside=runs)
    if runs:
        three = AgnoThreeSource(
            reader,
            agent_id=agent_id,
            runs_table=runs,
            sessions=_table(tables, sessions) if sessions else None,
            history_runs=policy.history_runs,
        )
        if sessions and "runs" in tables[sessions]:
            two = AgnoSessionsSource(reader, [_table(tables, sessions)], version="Agno 2", agent_id=agent_id, runs_table=runs)
            return AgnoMigratedSource(two, three)
        return three
    if sessions and "runs" in tables[sessions]:
        return AgnoSessionsSource(reader, [_table(tables, sessions)], version="Agno 2", agent_id=agent_id)
    ones = _matching(tables, _AGNO_ONE, policy.sessions_table)
    return (
        AgnoSessionsSource(reader, [_table(tables, name) for name in ones], version="Agno 1", agent_id=agent_id) if ones else None
    )


def _matching(tables: Tables, columns: set[str], wanted: str) -> list[str]:
    """The tables with these columns; only the one that the settings name, where they do."""
    return sorted(name for name, found in tables.items() if found >= columns and wanted in {"", name})


def _one(names: list[str], usual: str, setting: str, *, beside: str = "") -> str:
    """The table that is meant: the only one, or of several the one that Agno names so itself."""
    beside_runs = f"{beside.removesuffix('_runs')}_sessions" if beside == "agno_runs" else beside.removesuffix("_runs")
    for name in (beside_runs, usual):
        if name in names:
            return name
    if len(names) > 1:
        raise ConfigError(
            f"Several tables could be the one: {', '.join(names)}.",
            next_step=f"Name it: NIGHTSCHOOL_SOURCE__{setting.upper()}={names[0]}",
        )
    return names[0] if names else ""


def _table(tables: Tables, name: str) -> SessionTable:
    return SessionTable(name, frozenset(tables[name]))
