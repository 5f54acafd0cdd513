"""Agno 2 and 1 on SQLite: the runs of a session are inside of its row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nightschool.records import Window
from nightschool.sources.agno_runs import RawRun
from nightschool.sources.base import BadRow, Holdings
from nightschool.sources.loading import RunLoader
from nightschool.sources.session_runs import RawSession, runs_of
from nightschool.sources.session_tables import SessionTable, load_session_ratings
from nightschool.sources.sqlite_reading import SqliteReader, quoted_name
from nightschool.sources.tables import add_bad_rows
from nightschool.sources.unix_times import is_within, moment_of, unix_bounds

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PAGE_SESSIONS = 500
_SKEW_S = 2 * 24 * 3600


class AgnoSessionsSource:
    """Turns of an Agno 2 or 1 database, read a page of sessions at a time, each on a connection of its own.

    Args:
        reader: the database file.
        tables: the tables of sessions (Agno 1 has one for each kind of session).
        version: what it is, for messages, like `Agno 2`.
        agent_id: only runs of this agent or team; empty: of all.
        runs_table: Agno 3's table of runs in a migrated database: what is there is not read here; empty: there is none.
    """

    def __init__(
        self, reader: SqliteReader, tables: Sequence[SessionTable], *, version: str, agent_id: str = "", runs_table: str = ""
    ) -> None:
        self.reader = reader
        self.tables = tables
        self.version = version
        self.agent_id = agent_id
        self.runs_table = runs_table

    @property
    def description(self) -> str:
        """What is read and from where."""
        return f"{self.version} database {self.reader.path}" + (f", agent {self.agent_id}" if self.agent_id else "")

    def count(self, window: Window) -> int:
        """How many rows `load` gives; reads all sessions that have been used since the window began."""
        bounds = list(unix_bounds(window))
        runs = (run for page, _ in self._pages(self.agent_id, _first_update(window)) for run in page)
        return sum(is_within(run.created_at, bounds) for run in runs)

    def holdings(self) -> Holdings:
        """What the database has at all, of every agent; reads all of it."""
        runs = [run for page, _ in self._pages("", None) for run in page]
        moments = [moment for run in runs if (moment := moment_of(run.created_at))]
        owners = {run.agent_id or run.team_id or run.workflow_id for run in runs} - {None}
        return Holdings(
            turns=len(runs),
            first=min(moments, default=None),
            last=max(moments, default=None),
            agent_ids=tuple(sorted(map(str, owners))),
        )

    def load(self, connection: DuckDBPyConnection, window: Window) -> None:
        """Every turn of the window, and the rest of their sessions for their histories."""
        loader, bounds = RunLoader(connection), list(unix_bounds(window))
        with self.reader.unchanged():
            for runs, bad in self._pages(self.agent_id, _first_update(window)):
                inside = [run for run in runs if is_within(run.created_at, bounds)]
                sessions = {run.session_id for run in inside}
                outside = [run for run in runs if run.session_id in sessions and not is_within(run.created_at, bounds)]
                loader.add(inside)
                loader.add(outside, in_window=False)
                if bad:
                    add_bad_rows(connection, bad)
            for table in self.tables:
                load_session_ratings(connection, self.reader, table)

    def _pages(self, agent_id: str, first_update: int | None) -> Iterator[tuple[list[RawRun], list[BadRow]]]:
        """The runs of all sessions, a page of sessions at a time, and the sessions that can't be read."""
        for table in self.tables:
            after = -(2**63)
            while page := self.reader.page(_query(table, first_update), {"after": after}, long=_long(table)):
                after = page[-1][-1]
                runs, bad = _read([RawSession(*row[:-1]) for row in page], agent_id)
                yield self._not_moved(runs), bad

    def _not_moved(self, runs: list[RawRun]) -> list[RawRun]:
        """Without those that a migration to Agno 3 moved to a table of their own."""
        if not self.runs_table:
            return runs
        query = f"SELECT run_id FROM {quoted_name(self.runs_table)} WHERE session_id = CAST(? AS TEXT)"
        sessions = sorted({str(run.session_id) for run in runs})
        with self.reader.connected(text_factory=str) as connection:
            moved = {run_id for session in sessions for (run_id,) in connection.execute(query, (session,))}
        return [run for run in runs if run.run_id not in moved]


def _query(table: SessionTable, first_update: int | None) -> str:
    """The sessions after a rowid that may have runs of the window."""
    names = [name if name in table.columns else f"NULL AS {name}" for name in RawSession._fields]
    updated = "updated_at" if "updated_at" in table.columns else "NULL"
    used = "" if first_update is None else f" AND ({updated} IS NULL OR {updated} >= {first_update})"
    return (
        f"SELECT {', '.join(names)}, rowid FROM {quoted_name(table.name)} WHERE rowid > :after{used}"
        f" ORDER BY rowid LIMIT {_PAGE_SESSIONS}"
    )


def _long(table: SessionTable) -> int:
    return RawSession._fields.index("runs" if "runs" in table.columns else "memory")


def _read(sessions: Sequence[RawSession], agent_id: str) -> tuple[list[RawRun], list[BadRow]]:
    runs: list[RawRun] = []
    bad: list[BadRow] = []
    for session in sessions:
        try:
            runs += runs_of(session, agent_id)
        except ValueError as error:
            raw = str(session.runs or session.memory)[:500]
            bad.append(BadRow(run_id=str(session.session_id), session_id=str(session.session_id), reason=str(error), raw=raw))
    return runs, bad


def _first_update(window: Window) -> int:
    """Sessions that were last written before this have no run of the window; clocks may differ by two days."""
    return math.floor(window.start.timestamp()) - _SKEW_S
