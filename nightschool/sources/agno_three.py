"""Agno 3 on SQLite: one row a run in `agno_runs`, the run itself as JSON in `run_data`."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from nightschool.records import Turn, Window
from nightschool.sources.agno_runs import Exchange, RunRow, exchange_of, history_before, turn_of
from nightschool.sources.base import BadRow, Holdings
from nightschool.sources.sqlite_reading import SqliteReader

PAGE_ROWS = 2_000
MAX_HISTORY_RUNS = 10

_LAST_ROWID = 2**63 - 1
# The unary plus keeps SQLite on the index of created_at, which also serves the order of the pages.
_TOP_LEVEL = "+parent_run_id IS NULL"
_OF_AGENT = " AND (+agent_id = :agent OR +team_id = :agent)"
_COLUMNS = ", ".join(RunRow._fields)


class AgnoThreeSource:
    """Turns of an Agno 3 database: its top level runs (a team's run is one turn; its members' runs are inside of it).

    Pages by key on (created_at, rowid), each on a connection of its own: no cursor stays open between pages, so a live
    writer is never blocked, in WAL as in DELETE mode.

    Args:
        reader: the database file.
        agent_id: only runs of this agent or team; empty: of all.
        page_rows: rows that are read at a time.
    """

    def __init__(self, reader: SqliteReader, *, agent_id: str = "", page_rows: int = PAGE_ROWS) -> None:
        self.reader = reader
        self.agent_id = agent_id
        self.page_rows = page_rows
        self._condition = _TOP_LEVEL + (_OF_AGENT if agent_id else "")

    @property
    def description(self) -> str:
        """What is read and from where."""
        return f"Agno 3 database {self.reader.path}" + (f", agent {self.agent_id}" if self.agent_id else "")

    def count(self, window: Window) -> int:
        """How many rows `turns` would give."""
        query = f"SELECT count(*) FROM agno_runs WHERE created_at >= :start AND created_at < :end AND {self._condition}"
        with self.reader.connected() as connection:
            return int(connection.execute(query, self._parameters(window)).fetchone()[0])

    def turns(self, window: Window) -> Iterator[Turn | BadRow]:
        """Every turn of the window, by (created_at, rowid)."""
        position = (_seconds(window.start) - 1, _LAST_ROWID)
        while page := self._page(window, position):
            rows, earlier = page
            for row in rows:
                yield turn_of(row, history_before(row, earlier[row.session_id], MAX_HISTORY_RUNS))
            position = (rows[-1].created_at, rows[-1].rowid)

    def holdings(self) -> Holdings:
        """What the database has at all, of every agent."""
        query = f"SELECT count(*), min(created_at), max(created_at) FROM agno_runs WHERE {_TOP_LEVEL}"
        owners = f"SELECT DISTINCT coalesce(agent_id, team_id, workflow_id) FROM agno_runs WHERE {_TOP_LEVEL}"
        with self.reader.connected() as connection:
            turns, first, last = connection.execute(query).fetchone()
            names = {name.decode("utf-8", "replace") for (name,) in connection.execute(owners) if name}
        return Holdings(turns=turns, first=_moment(first), last=_moment(last), agent_ids=tuple(sorted(names)))

    def _page(self, window: Window, position: tuple[int, int]) -> tuple[list[RunRow], dict[bytes, list[Exchange]]] | None:
        """The rows after a position, with the earlier exchanges of their sessions; None after the last row."""
        query = (
            f"SELECT {_COLUMNS} FROM agno_runs WHERE (created_at, rowid) > (:after, :after_rowid) AND created_at < :end"
            f" AND {self._condition} ORDER BY created_at, rowid LIMIT {self.page_rows}"
        )
        after = {"after": position[0], "after_rowid": position[1]}
        with self.reader.connected() as connection:
            rows = [RunRow(*row) for row in connection.execute(query, self._parameters(window) | after)]
            return (rows, _earlier_exchanges(connection, rows)) if rows else None

    def _parameters(self, window: Window) -> dict[str, object]:
        parameters: dict[str, object] = {"start": _seconds(window.start), "end": _seconds(window.end)}
        return parameters | ({"agent": self.agent_id} if self.agent_id else {})


def _earlier_exchanges(connection: sqlite3.Connection, rows: Sequence[RunRow]) -> dict[bytes, list[Exchange]]:
    """What was said in each session before the page's last run of it, oldest first; also from before the window."""
    indexes: dict[bytes, list[int]] = defaultdict(list)
    for row in rows:
        indexes[row.session_id].append(row.run_index or 0)
    query = (
        "SELECT run_index, status, agent_id, team_id, run_data FROM agno_runs"
        " WHERE session_id = CAST(? AS TEXT) AND run_index < ? AND +parent_run_id IS NULL ORDER BY run_index DESC LIMIT ?"
    )
    found: dict[bytes, list[Exchange]] = defaultdict(list)
    for session_id, positions in indexes.items():
        if max(positions) > 0:
            # Indexes are distinct within a session, so this many rows reach ten runs behind the page's first one.
            wanted = MAX_HISTORY_RUNS + max(positions) - min(positions)
            earlier = connection.execute(query, (session_id, max(positions), wanted))
            found[session_id] = [exchange for row in earlier if (exchange := exchange_of(*row))][::-1]
    return found


def _seconds(moment: datetime) -> int:
    return math.ceil(moment.timestamp())


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
