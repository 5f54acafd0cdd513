"""Questions and answers in a table of SQLite, by default `conversations`, read in pages beside its writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from nightschool.sources.plain_batches import PlainBatches, plain_row
from nightschool.sources.plain_rows import chosen_columns
from nightschool.sources.plain_source import PlainSource
from nightschool.sources.sqlite_reading import Row, SqliteReader, quoted_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PLAIN_TABLE = "conversations"
_PAGE_ROWS = 10_000
# Which column of a page has the long texts: the answers, after the rowid and the question.
_LONG = 2


def open_plain_table(
    reader: SqliteReader, table: str = PLAIN_TABLE, *, agent_id: str = "", page_rows: int = _PAGE_ROWS
) -> PlainSource:
    """The conversations in a table or view of a SQLite file.

    Raises:
        DataError: where a column that is needed is missing.
    """
    chosen = chosen_columns(reader.columns().get(table, set()), f"The table {table} of {reader.path}")

    def fill(connection: DuckDBPyConnection) -> None:
        batches = PlainBatches(connection)
        # A view's rows have no key to go on from: they are read at once, so that no lock outlives the reading.
        pages = _pages(reader, table, chosen, page_rows) if _has_rowid(reader, table) else [_all(reader, table, chosen)]
        for page in pages:
            for position, *values in page:
                batches.add(plain_row(position, dict(zip(chosen, values, strict=True))))
        batches.flush()

    return PlainSource(f"table {table} of {reader.path}", fill, agent_id=agent_id)


def _pages(reader: SqliteReader, table: str, chosen: Mapping[str, str], page_rows: int) -> Iterator[list[Row]]:
    query = f"SELECT rowid, {_names(chosen)} FROM {quoted_name(table)} WHERE rowid > :last ORDER BY rowid LIMIT {page_rows}"
    last = -(2**63)
    while page := reader.page(query, {"last": last}, long=_LONG):
        yield page
        last = page[-1][0]


def _all(reader: SqliteReader, table: str, chosen: Mapping[str, str]) -> list[Row]:
    rows = reader.rows(f"SELECT {_names(chosen)} FROM {quoted_name(table)}")
    return [(number, *row) for number, row in enumerate(rows, 1)]


def _has_rowid(reader: SqliteReader, table: str) -> bool:
    found = reader.rows("SELECT type, wr FROM pragma_table_list WHERE name = ? AND schema = 'main'", (table,))
    return any(kind == b"table" and not without_rowid for kind, without_rowid in found)


def _names(chosen: Mapping[str, str]) -> str:
    return ", ".join(quoted_name(name) for name in chosen.values())
