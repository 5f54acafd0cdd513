"""Choosing the source in a PostgreSQL by looking at its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from nightschool.errors import ConfigError, DataError
from nightschool.records import SourcePolicy
from nightschool.sources.agno_postgres import AgnoPostgresSource
from nightschool.sources.agno_postgres_sql import agno_one_runs, agno_three_runs, agno_two_runs, sessions_of
from nightschool.sources.plain_postgres import open_plain_postgres
from nightschool.sources.plain_source import PlainSource
from nightschool.sources.plain_table import PLAIN_TABLE
from nightschool.sources.postgres_reading import PostgresReader, Table

if TYPE_CHECKING:
    from sqlalchemy import URL

Tables = Mapping[Table, set[str]]

_RUNS = {"run_id", "session_id", "run_index", "run_data", "created_at", "parent_run_id", "workflow_id"}
_SESSIONS = {"session_id", "session_type", "metadata", "created_at"}
_NO_SESSIONS = "SELECT NULL::text AS session_id, NULL::jsonb AS metadata"
_AGNO_ONE = {"session_id", "memory", "session_data", "extra_data", "user_id", "created_at"}
_OWNERS = {"agent_id", "team_id", "workflow_id"}
_PLAIN = {"user_message", "agent_response"}
_NAMES_SHOWN = 8


def open_postgres(url: URL, *, agent_id: str = "", policy: SourcePolicy) -> AgnoPostgresSource | PlainSource:
    """The conversations in a PostgreSQL database: Agno 3, 2 (also migrated to 3) or 1, or a plain table.

    Agno's tables are looked for in `policy.db_schema`, a plain table there and in `public`.

    Raises:
        DataError: where the server can't be asked, or has nothing to read, saying what was found instead.
        ConfigError: where several tables could be the one.
    """
    reader = PostgresReader(url, statement_timeout_s=policy.statement_timeout_s)
    tables = reader.columns()
    named = _plain_table(tables, policy.db_schema, policy.conversations_table, set())
    if named:
        return open_plain_postgres(reader, named, tables[named], agent_id=agent_id)
    agno = _agno(tables, policy)
    if agno:
        return AgnoPostgresSource(
            reader,
            agno.runs,
            agno.sessions,
            version=agno.version,
            agent_id=agent_id,
            history_runs=policy.history_runs,
        )
    plain = _plain_table(tables, policy.db_schema, PLAIN_TABLE, _PLAIN)
    if plain:
        return open_plain_postgres(reader, plain, tables[plain], agent_id=agent_id)
    raise _nothing(reader, tables, policy)


def _plain_table(tables: Tables, schema: str, name: str, needed: set[str]) -> Table | None:
    places = [(schema, name), ("public", name)]
    return next((place for place in places if place in tables and tables[place] >= needed), None)


class _Agno(NamedTuple):
    """Which Agno it is, and the SQL of its runs and sessions."""

    version: str
    runs: str
    sessions: str


def _agno(tables: Tables, policy: SourcePolicy) -> _Agno | None:
    runs = _one(_matching(tables, _RUNS, policy.db_schema, policy.runs_table), "agno_runs", "runs_table")
    beside = runs[1].removesuffix("_runs") if runs and runs[1] != "agno_runs" else "agno_sessions"
    sessions = _one(_matching(tables, _SESSIONS, policy.db_schema, policy.sessions_table), beside, "sessions_table")
    metadata = sessions_of(sessions, "metadata") if sessions else _NO_SESSIONS
    two = [agno_two_runs(sessions, runs)] if sessions and "runs" in tables[sessions] else []
    if runs:
        return _Agno("Agno 3", _all([agno_three_runs(runs), *two]), metadata)
    if two:
        return _Agno("Agno 2", _all(two), metadata)
    ones = [table for table in _matching(tables, _AGNO_ONE, policy.db_schema, policy.sessions_table) if tables[table] & _OWNERS]
    if ones:
        each = [_agno_one(table, tables[table]) for table in ones]
        return _Agno("Agno 1", _all(each), _all(sessions_of(table, "extra_data") for table in ones))
    return None


def _agno_one(table: Table, columns: set[str]) -> str:
    return agno_one_runs(table, sorted(_OWNERS & columns), has_runs="runs" in columns)


def _all(queries: Iterable[str]) -> str:
    return " UNION ALL ".join(queries)


def _matching(tables: Tables, needed: set[str], schema: str, wanted: str) -> list[Table]:
    """Tables of the schema with these columns; only the one that the settings name, where they do."""
    return sorted(
        table for table, columns in tables.items() if table[0] == schema and columns >= needed and wanted in {"", table[1]}
    )


def _one(found: list[Table], usual: str, setting: str) -> Table | None:
    """The table that is meant: the one that Agno names so itself, or the only one."""
    named = [table for table in found if table[1] == usual] or found
    if len(named) > 1:
        raise ConfigError(
            f"Several tables could be the one: {', '.join('.'.join(table) for table in named)}.",
            next_step=f"Name it: NIGHTSCHOOL_SOURCE__{setting.upper()}={named[0][1]}",
        )
    return named[0] if named else None


def _nothing(reader: PostgresReader, tables: Tables, policy: SourcePolicy) -> DataError:
    kinds = (_RUNS, _SESSIONS, _AGNO_ONE)
    schemas = sorted(
        {schema for (schema, _), columns in tables.items() if any(columns >= needed for needed in kinds)} - {policy.db_schema}
    )
    if schemas:
        return DataError(
            f"{reader.shown} has no Agno tables in the schema {policy.db_schema}, but in {', '.join(schemas)}.",
            next_step=f"Set NIGHTSCHOOL_SOURCE__DB_SCHEMA={schemas[0]}",
        )
    names = [f"{schema}.{table}" for schema, table in sorted(tables)]
    shown = ", ".join(names[:_NAMES_SHOWN]) + (f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else "")
    return DataError(
        f"{reader.shown} has neither Agno's tables (in the schema {policy.db_schema}) nor a table "
        f"{policy.conversations_table or PLAIN_TABLE} of questions and answers. Found: {shown or 'no table'}.",
        next_step="Give the URL that your agent's PostgresDb(db_url=…) has; other names: NIGHTSCHOOL_SOURCE__DB_SCHEMA, "
        "…__SESSIONS_TABLE, …__RUNS_TABLE, …__CONVERSATIONS_TABLE.",
    )
