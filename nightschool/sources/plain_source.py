"""A source of plain questions and answers, whatever keeps them: what is common to tables and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nightschool.records import Window
from nightschool.sources.base import Holdings
from nightschool.sources.plain_rows import add_judged, counted, create_plain, held, read_plain

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ALWAYS = Window(start=datetime(1, 1, 1, tzinfo=UTC), end=datetime.max.replace(tzinfo=UTC))


class PlainSource:
    """Rows of `user_message, agent_response, timestamp`, and what else is known of them (`plain_rows.COLUMNS`).

    A row is a turn of its own, unless it names its session: then the session's earlier rows are its history. Where it has
    no `run_id`, its content gives it one, which stays the same wherever the rows are kept.

    Args:
        description: what is read and from where.
        fill: puts every row into `plain` of a connection.
        agent_id: only rows of this agent, and those that name none; empty: of all.
    """

    def __init__(self, description: str, fill: Callable[[DuckDBPyConnection], None], *, agent_id: str = "") -> None:
        self.description = description
        self.agent_id = agent_id
        self._fill = fill

    def load(self, connection: DuckDBPyConnection, window: Window) -> None:
        """Fill the tables of turns with every row of the window."""
        create_plain(connection)
        self._fill(connection)
        read_plain(connection, window, self.agent_id)
        add_judged(connection)
        for table in ("plain", "judged"):
            connection.execute(f"DROP TABLE {table}")

    def count(self, window: Window) -> int:
        """How many rows `load` would give, unreadable ones included."""
        with self._judged(window, self.agent_id) as connection:
            return counted(connection)

    def holdings(self) -> Holdings:
        """What there is outside of any window, of every agent."""
        with self._judged(_ALWAYS, "") as connection:
            return held(connection)

    @contextmanager
    def _judged(self, window: Window, agent_id: str) -> Iterator[DuckDBPyConnection]:
        import duckdb

        with duckdb.connect(":memory:") as connection:
            create_plain(connection)
            self._fill(connection)
            read_plain(connection, window, agent_id)
            yield connection
