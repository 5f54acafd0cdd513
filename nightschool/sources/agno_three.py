"""Agno 3 on SQLite: one row a run, the run itself as JSON in `run_data`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nightschool.records import Window
from nightschool.sources.agno_runs import RawRun
from nightschool.sources.base import Holdings
from nightschool.sources.loading import RunLoader
from nightschool.sources.run_sql import NOT_SHOWN, RUN_COLUMNS
from nightschool.sources.session_runs import nested_runs
from nightschool.sources.session_tables import SessionTable, load_session_ratings
from nightschool.sources.sqlite_reading import Columns, Row, SqliteReader, quoted_name
from nightschool.sources.unix_times import moment_of, unix_bounds

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# To plan the SQL takes as long as some thousand rows: small pages are dear ones.
PAGE_ROWS = 20_000
_FIRST_ROWID = -(2**63)
_SESSIONS_AT_ONCE = 500
# The unary plus keeps SQLite on the index of created_at, which also serves the order of the pages.
_TOP_LEVEL = "+parent_run_id IS NULL"
# A member's run is the turn of the member, and only of the member.
_OF_AGENT = "(+agent_id = :agent OR (+team_id = :agent AND (+agent_id IS NULL OR +parent_run_id IS NULL)))"
_WORKFLOW = "+workflow_id IS NOT NULL AND +agent_id IS NULL AND +team_id IS NULL"
_COLUMNS = ", ".join(RUN_COLUMNS)
# Agno writes numbers; a program that filled its tables may have written dates. In SQLite's order these come after all numbers,
# and before all bytes. What is no date is read too, and set aside.
_TEXTS: Mapping[str, Any] = {"start": "", "end": b""}
_SAID = "CAST(strftime('%s', created_at) AS INTEGER)"
_LONG = RUN_COLUMNS.index("run_data")


class AgnoThreeSource:
    """Turns of an Agno 3 database: its top level runs (a team's run is one turn; its members' runs are inside of it).

    Where one agent is asked for, also its runs as a member of a team and as a step of a workflow.

    Pages by key on (created_at, rowid), each on a connection of its own: no cursor stays open between pages, so a live
    writer is never blocked, in WAL as in DELETE mode.

    Args:
        reader: the database file.
        agent_id: only runs of this agent or team; empty: of all.
        runs_table: the table of runs.
        sessions: the table of sessions; None: their ratings are not read.
        history_runs: how many earlier runs a turn's history has at most.
        page_rows: rows that are read at a time.
    """

    def __init__(
        self,
        reader: SqliteReader,
        *,
        agent_id: str = "",
        runs_table: str = "agno_runs",
        sessions: SessionTable | None = None,
        history_runs: int = 10,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self.reader = reader
        self.agent_id = agent_id
        self.sessions = sessions
        self.history_runs = history_runs
        self.page_rows = page_rows
        self._runs = quoted_name(runs_table)
        self._condition = _OF_AGENT if agent_id else _TOP_LEVEL
        self._agent: dict[str, object] = {"agent": agent_id} if agent_id else {}

    @property
    def description(self) -> str:
        """What is read and from where."""
        return f"Agno 3 database {self.reader.path}" + (f", agent {self.agent_id}" if self.agent_id else "")

    def count(self, window: Window) -> int:
        """How many rows `load` gives."""
        query = f"SELECT count(*) FROM {self._runs} WHERE created_at >= :start AND created_at < :end AND {self._condition}"
        with self.reader.connected() as connection:
            found = [connection.execute(query + more, bounds | self._agent).fetchone()[0] for bounds, more in _bounds(window)]
        return sum(found)

    def holdings(self) -> Holdings:
        """What the database has at all, of every agent."""
        query = f"SELECT count(*), min(created_at), max(created_at) FROM {self._runs} WHERE {_TOP_LEVEL}"
        owners = f"SELECT DISTINCT coalesce(agent_id, team_id, workflow_id) FROM {self._runs} WHERE {_TOP_LEVEL}"
        with self.reader.connected() as connection:
            turns, first, last = connection.execute(query).fetchone()
            names = {name.decode("utf-8", "replace") for (name,) in connection.execute(owners) if name}
        return Holdings(turns=turns, first=moment_of(first), last=moment_of(last), agent_ids=tuple(sorted(names)))

    def load(self, connection: DuckDBPyConnection, window: Window) -> None:
        """Every turn of the window, and of what came before it what their histories need."""
        loader = RunLoader(connection)
        with self.reader.unchanged():
            for page in self._pages(window):
                loader.add_columns(page)
            for runs in self._earlier_runs(connection, window):
                loader.add(runs, in_window=False)
            for steps in self._steps(window):
                loader.add(steps)
        if self.sessions:
            load_session_ratings(connection, self.reader, self.sessions)

    def _pages(self, window: Window, condition: str = "") -> Iterator[Columns]:
        for bounds, more in _bounds(window):
            query = (
                f"SELECT {_COLUMNS}, rowid FROM {self._runs} WHERE (created_at, rowid) > (:after, :rowid) AND created_at < :end"
                f" AND {condition or self._condition}{more}"
                f" ORDER BY created_at, rowid LIMIT {self.page_rows}"
            )
            after, rowid = bounds["start"], _FIRST_ROWID
            while (page := self._page(query, bounds | {"after": after, "rowid": rowid}))[0]:
                yield page
                after, rowid = page[0][-1], page[-1][-1]

    def _page(self, query: str, parameters: Mapping[str, Any]) -> Columns:
        return self.reader.columns_of_page(query, {**parameters, **self._agent}, long=_LONG)

    def _steps(self, window: Window) -> Iterator[list[RawRun]]:
        """What the agent that is asked for did as a step of a workflow, whose run has it inside."""
        if not self.agent_id:
            return
        for page in self._pages(window, _WORKFLOW):
            runs = [RawRun(*row) for row in zip(*page[: len(RUN_COLUMNS)], strict=True)]
            yield [step for run in runs for step in nested_runs(run, self.agent_id)]

    def _earlier_runs(self, connection: DuckDBPyConnection, window: Window) -> Iterator[list[Row]]:
        """What was shown in the loaded sessions before the window, as far as histories reach back."""
        if not self.history_runs:
            return
        query = (
            f"SELECT {_COLUMNS} FROM {self._runs} WHERE session_id = :session AND run_index < :before"
            f" AND {_TOP_LEVEL} AND (status IS NULL OR status NOT IN {NOT_SHOWN}) AND {_outside(window)}"
            " ORDER BY run_index DESC LIMIT :limit"
        )
        sessions = connection.execute(_SESSIONS_WITH_GAPS).fetchall()
        for start in range(0, len(sessions), _SESSIONS_AT_ONCE):
            wanted = [
                {"session": session, "before": last, "limit": self.history_runs * threads}
                for session, last, threads in sessions[start : start + _SESSIONS_AT_ONCE]
            ]
            yield self.reader.pages(query, wanted, long=_LONG)


# Sessions whose runs have not all been loaded: their indexes begin at 0 and leave none out.
_SESSIONS_WITH_GAPS = """
SELECT session_id, max("index"), count(DISTINCT thread) FROM turns WHERE sees_thread
GROUP BY session_id HAVING count(*) <= max("index") ORDER BY session_id
"""


def _bounds(window: Window) -> Iterator[tuple[dict[str, Any], str]]:
    """The window in every unit, and then in texts, with what SQL must ask besides."""
    for bounds in unix_bounds(window):
        yield dict(bounds), ""
    yield dict(_TEXTS), f" AND ({_SAID} IS NULL OR {_said_within(window)})"


def _said_within(window: Window) -> str:
    seconds = next(unix_bounds(window))
    return f"({_SAID} >= {seconds['start']} AND {_SAID} < {seconds['end']})"


def _outside(window: Window) -> str:
    numbers = [f"NOT (+created_at >= {one['start']} AND +created_at < {one['end']})" for one in unix_bounds(window)]
    return " AND ".join([*numbers, f"(typeof(created_at) <> 'text' OR NOT {_said_within(window)})"])
