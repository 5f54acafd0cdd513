"""Rows of questions and answers put into `plain`, many at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nightschool.sources.plain_rows import COLUMNS, TOO_LONG
from nightschool.sources.texts import MAX_JSON_BYTES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH_ROWS = 10_000


class PlainRow(NamedTuple):
    """One row as it was found."""

    position: int
    origin: str
    fault: str | None
    cells: Mapping[str, str | None]


class PlainBatches:
    """Collects rows; `flush` at the end adds the last ones."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        self._rows: list[PlainRow] = []

    def add(self, row: PlainRow) -> None:
        """Add one row."""
        self._rows.append(row)
        if len(self._rows) >= _BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Put what was collected into the table."""
        import pandas as pd

        if not self._rows:
            return
        series: dict[str, Any] = {
            "position": pd.Series([row.position for row in self._rows], dtype="int64"),
            "origin": pd.Series([row.origin for row in self._rows], dtype="string"),
            "fault": pd.Series([row.fault for row in self._rows], dtype="string"),
        }
        for name in COLUMNS:
            series[name] = pd.Series([row.cells.get(name) for row in self._rows], dtype="string")
        self._connection.register("batch", pd.DataFrame(series))
        self._connection.execute("INSERT INTO plain BY NAME SELECT * FROM batch")
        self._connection.unregister("batch")
        self._rows.clear()


def cell(value: Any) -> str | None:
    """A value of any database as text.

    Raises:
        ValueError: where it is bytes that are no UTF-8, or too many.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        if len(value) > MAX_JSON_BYTES:
            raise ValueError(TOO_LONG)
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError("text is not UTF-8") from None
    return str(value)


def plain_row(position: int, names: Mapping[str, Any]) -> PlainRow:
    """A row of a database: its cells as texts, or what is wrong with them."""
    cells: dict[str, str | None] = {}
    fault = None
    for name, value in names.items():
        try:
            cells[name] = cell(value)
        except ValueError as error:
            fault = str(error)
    return PlainRow(position, f"row {position}", fault, cells)
