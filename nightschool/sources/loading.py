"""Runs of Agno into DuckDB: whole columns through SQL, and what the SQL is not sure of, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nightschool.sources.agno_runs import RawRun, ReadRun, read_run
from nightschool.sources.base import BadRow
from nightschool.sources.run_sql import RUN_COLUMNS, TURNS_OF_PAGE, add_system_messages
from nightschool.sources.tables import add_bad_rows, add_page, add_turns, one

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NUMBERS = {"created_at", "run_index"}
_NEVER_NULL = {"run_id", "session_id"}
_WIDTH = len(RUN_COLUMNS)


class RunLoader:
    """Adds runs, a page at a time, to the tables that sources fill.

    Args:
        connection: where the tables are.
        columnar: false reads every run one by one: slow, the same turns (what tests compare).
    """

    def __init__(self, connection: DuckDBPyConnection, *, columnar: bool = True) -> None:
        self._connection = connection
        self._columnar = columnar
        # Objects are texts: else DuckDB would guess from the first ones.
        connection.execute("SET pandas_analyze_sample = 0")

    def add(self, runs: Sequence[Sequence[Any]], *, in_window: bool = True) -> None:
        """Add runs.

        Args:
            runs: rows of `RUN_COLUMNS`, texts as str (bytes where they are no UTF-8); further values are ignored.
            in_window: false: they are no turns to be given, and only stand in the history of those that are.
        """
        if runs:
            self.add_columns(list(zip(*runs, strict=True)), in_window=in_window)

    def add_columns(self, columns: Sequence[Sequence[Any]], *, in_window: bool = True) -> None:
        """Add runs that are given column by column; see `add`."""
        page = _page_of(columns) if self._columnar else None
        if page is not None:
            doubtful = self._add_page(page, in_window)
            self.add_one_by_one(
                [RawRun(*(column[number] for column in columns[:_WIDTH])) for number in doubtful], in_window=in_window
            )
            return
        runs = [RawRun(*run[:_WIDTH]) for run in zip(*columns, strict=True)]
        regular = [run for run in runs if _page_of([[value] for value in run]) is not None] if self._columnar else []
        # One odd value must not slow down the whole page.
        self.add(regular, in_window=in_window)
        known = set(map(id, regular))
        self.add_one_by_one([run for run in runs if id(run) not in known], in_window=in_window)

    def add_one_by_one(self, runs: Sequence[RawRun], *, in_window: bool = True) -> None:
        """Add runs that need a closer look; what stays unreadable is set aside."""
        read = [read_run(run) for run in runs]
        turns = [run for run in read if isinstance(run, ReadRun)]
        if turns:
            more = [dict(run.more) | {"in_window": in_window} for run in turns]
            add_turns(self._connection, [run.turn for run in turns], more)
        bad = [run for run in read if isinstance(run, BadRow)]
        if bad and in_window:
            add_bad_rows(self._connection, bad)

    def _add_page(self, page: dict[str, Any], in_window: bool) -> list[int]:
        """Add a page by SQL; returns the numbers of the rows that are left over."""
        import numpy as np

        size = len(page["run_id"])
        self._connection.register("page", page | {"number": np.arange(size), "in_window": np.full(size, in_window)})
        try:
            added = add_page(self._connection, TURNS_OF_PAGE, size)
            self._connection.execute(add_system_messages(added))
        finally:
            self._connection.unregister("page")
        if one(self._connection, f"SELECT count(*) FROM {added}") == size:
            return []
        sure = {number for (number,) in self._connection.execute(f"SELECT number FROM {added}").fetchall()}
        return [number for number in range(size) if number not in sure]


def _page_of(columns: Sequence[Sequence[Any]]) -> dict[str, Any] | None:
    """The runs as columns of a table; None where a value is not of the type that its column should have."""
    import numpy as np

    page: dict[str, Any] = {}
    for name, values in zip(RUN_COLUMNS, columns, strict=False):
        types = set(map(type, values))
        if name in _NUMBERS and types <= {int, type(None)}:
            try:
                page[name] = np.array([value or 0 for value in values], dtype=np.int64)
            except OverflowError:
                return None
        elif name not in _NUMBERS and types <= ({str} if name in _NEVER_NULL else {str, type(None)}):
            page[name] = np.fromiter(values, dtype=object, count=len(values))
        else:
            return None
    return page
