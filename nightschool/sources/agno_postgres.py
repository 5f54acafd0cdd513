"""Agno 3, 2 and 1 on PostgreSQL: the server picks out of each run what a turn needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.records import Window
from nightschool.sources.agno_postgres_sql import CONTAINS_AGENT, IS_RATED, PICKED, SECONDS, SESSION_RATING, within
from nightschool.sources.agno_runs import RawRun
from nightschool.sources.base import Holdings
from nightschool.sources.loading import RunLoader
from nightschool.sources.postgres_reading import PostgresReader, Row, pages
from nightschool.sources.run_sql import NOT_SHOWN, RUN_COLUMNS
from nightschool.sources.session_runs import nested_runs
from nightschool.sources.texts import MAX_JSON_BYTES
from nightschool.sources.unix_times import moment_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from psycopg import Connection

_TOP_LEVEL = "parent_run_id IS NULL"
_OF_AGENT = "(agent_id = %(agent)s OR (team_id = %(agent)s AND (agent_id IS NULL OR parent_run_id IS NULL)))"
_COLUMNS = ", ".join((*RUN_COLUMNS[:-1], PICKED))


class AgnoPostgresSource:
    """Turns of an Agno database on PostgreSQL, read in one REPEATABLE READ READ ONLY transaction.

    Args:
        reader: the database.
        runs: a SELECT that gives its runs in one form (`agno_postgres_sql`).
        sessions: a SELECT that gives `session_id` and `metadata` of its sessions.
        version: what it is, for messages, like `Agno 3`.
        agent_id: only runs of this agent or team; empty: of all.
        history_runs: how many earlier runs a turn's history has at most.
    """

    def __init__(
        self,
        reader: PostgresReader,
        runs: str,
        sessions: str,
        *,
        version: str,
        agent_id: str = "",
        history_runs: int = 10,
    ) -> None:
        self.reader = reader
        self.version = version
        self.agent_id = agent_id
        self.history_runs = history_runs
        self._runs = f"({runs}) AS runs"
        self._sessions = f"({sessions}) AS sessions"
        self._condition = _OF_AGENT if agent_id else _TOP_LEVEL
        self._agent: dict[str, object] = {"agent": agent_id} if agent_id else {}

    @property
    def description(self) -> str:
        """What is read and from where."""
        return f"{self.version} database {self.reader.shown}" + (f", agent {self.agent_id}" if self.agent_id else "")

    def count(self, window: Window) -> int:
        """How many rows `load` gives."""
        query = f"SELECT count(*) FROM {self._runs} WHERE {within(window)} AND {self._condition}"
        return int(self.reader.rows(query, self._agent)[0][0])

    def holdings(self) -> Holdings:
        """What the database has at all, of every agent."""
        query = f"""SELECT count(*), min({SECONDS})::bigint, max({SECONDS})::bigint,
            array_agg(DISTINCT coalesce(agent_id, team_id, workflow_id)) FROM {self._runs} WHERE {_TOP_LEVEL}"""
        turns, first, last, names = self.reader.rows(query, {})[0]
        owners = tuple(sorted(name for name in names or () if name))
        return Holdings(turns=turns, first=moment_of(first), last=moment_of(last), agent_ids=owners)

    def load(self, connection: DuckDBPyConnection, window: Window) -> None:
        """Every turn of the window, and of what came before it what their histories need."""
        loader = RunLoader(connection)
        inside = within(window)
        query = f"SELECT {_COLUMNS} FROM {self._runs} WHERE {inside} AND {self._condition} ORDER BY created_at, run_id"
        with self.reader.connected() as server:
            for page in pages(server, query, self._agent):
                loader.add([_marked_if_too_long(row) for row in page])
            self._load_nested(server, connection, loader, inside)
            if self.history_runs:
                self._load_earlier(server, connection, loader, inside)
            self._load_ratings(server, connection)

    def _load_nested(self, server: Connection[Row], connection: DuckDBPyConnection, loader: RunLoader, inside: str) -> None:
        """What the agent that is asked for did inside of others' runs, as a step of a workflow or as a member of a team."""
        if not self.agent_id:
            return
        query = f"SELECT {', '.join(RUN_COLUMNS[:-1])}, data::text FROM {self._runs} WHERE {inside} AND {CONTAINS_AGENT}"
        known = {run for (run,) in connection.execute("SELECT run_id FROM turns").fetchall()}
        for page in pages(server, query, self._agent):
            found = [inner for row in page for inner in nested_runs(RawRun(*row), self.agent_id)]
            loader.add([run for run in found if run.run_id not in known])

    def _load_earlier(self, server: Connection[Row], connection: DuckDBPyConnection, loader: RunLoader, inside: str) -> None:
        """What was shown in the loaded sessions before the window, as far as histories reach back."""
        sessions = connection.execute(_SESSIONS).fetchall()
        if not sessions:
            return
        query = f"""
            SELECT {_COLUMNS} FROM (
                SELECT runs.*, wanted.kept, row_number() OVER (PARTITION BY session_id ORDER BY run_index DESC) AS nth
                FROM {self._runs} JOIN unnest(%(ids)s::text[], %(last)s::bigint[], %(kept)s::bigint[])
                    AS wanted (id, last, kept) ON session_id = wanted.id AND run_index < wanted.last
                WHERE session_id = ANY (%(ids)s::text[]) AND {_TOP_LEVEL}
                    AND (status IS NULL OR status NOT IN {NOT_SHOWN}) AND NOT {inside}
            ) AS earlier WHERE nth <= kept
        """
        ids, last, threads = zip(*sessions, strict=True)
        wanted = {"ids": list(ids), "last": list(last), "kept": [self.history_runs * number for number in threads]}
        for page in pages(server, query, wanted):
            loader.add(page, in_window=False)

    def _load_ratings(self, server: Connection[Row], connection: DuckDBPyConnection) -> None:
        """What the site itself put into the metadata of the loaded sessions."""
        ids = [session for (session,) in connection.execute("SELECT DISTINCT session_id FROM turns").fetchall()]
        query = (
            f"SELECT session_id, {SESSION_RATING} FROM {self._sessions} WHERE session_id = ANY (%(ids)s::text[]) AND {IS_RATED}"
        )
        for page in pages(server, query, {"ids": ids}):
            sessions, ratings, comments = (list(column) for column in zip(*page, strict=True))
            connection.execute(
                "INSERT INTO session_ratings SELECT unnest($1), unnest($2)::TINYINT, unnest($3)", [sessions, ratings, comments]
            )


def _marked_if_too_long(row: Row) -> Row:
    """The row, its run as bytes where it is too long to be read as JSON: so the loader knows such runs."""
    return row if len(row[-1]) <= MAX_JSON_BYTES else (*row[:-1], row[-1].encode())


# Sessions whose runs have not all been loaded: their indexes begin at 0 and leave none out.
_SESSIONS = """
SELECT session_id, max("index"), count(DISTINCT thread) FROM turns WHERE sees_thread
GROUP BY session_id HAVING count(*) <= max("index") ORDER BY session_id
"""
