"""Questions and answers in a table of a PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import TYPE_CHECKING

from nightschool.sources.plain_batches import PlainBatches, plain_row
from nightschool.sources.plain_rows import chosen_columns
from nightschool.sources.plain_source import PlainSource
from nightschool.sources.postgres_reading import PostgresReader, Table, pages, quoted_column, quoted_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def open_plain_postgres(reader: PostgresReader, table: Table, columns: Collection[str], *, agent_id: str = "") -> PlainSource:
    """The conversations in a table or view.

    Raises:
        DataError: where a column that is needed is missing.
    """
    full_name = ".".join(table)
    chosen = chosen_columns(sorted(columns), f"The table {full_name} of {reader.shown}")
    names = [quoted_column(name) for name in chosen.values()]
    # Of rows that are told at one time, an `id` knows which came first; else their content puts them in a fixed order.
    order = ", ".join([*(["id"] if "id" in columns else []), *names])
    query = f"SELECT {', '.join(f'{name}::text' for name in names)} FROM {quoted_table(table)} ORDER BY {order}"

    def fill(connection: DuckDBPyConnection) -> None:
        batches = PlainBatches(connection)
        with reader.connected() as server:
            for number, values in enumerate(chain.from_iterable(pages(server, query, {})), 1):
                batches.add(plain_row(number, dict(zip(chosen, values, strict=True))))
        batches.flush()

    return PlainSource(f"table {full_name} of {reader.shown}", fill, agent_id=agent_id)
