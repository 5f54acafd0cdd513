"""DuckDB in memory over Parquet: a connection for one stage, and tables written byte for byte the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.errors import DataError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SETTINGS = (
    "SET autoinstall_known_extensions = false",  # else a missing extension is looked for on the network
    "SET autoload_known_extensions = false",
    "SET enable_progress_bar = false",
)


@contextmanager
def open_memory(*, threads: int | None = None, memory_limit_mb: int | None = None) -> Iterator[DuckDBPyConnection]:
    """A database in memory, which spills into a folder of its own; results do not depend on `threads`."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="nightschool-") as folder, duckdb.connect(":memory:") as connection:
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.execute(f"SET temp_directory = {quoted(folder)}")
        if threads is not None:
            connection.execute(f"SET threads = {threads}")
        if memory_limit_mb is not None:
            connection.execute(f"SET memory_limit = '{memory_limit_mb}MB'")
        yield connection


def write_parquet(
    connection: DuckDBPyConnection, query: str, path: Path, *, row_group_rows: int = 122_880, compression: str = "zstd"
) -> int:
    """Write a query's rows; returns how many. The query must order by a unique key, so that equal content is equal bytes.

    Raises:
        DataError: where the disk is full or refuses.
    """
    import duckdb

    options = f"FORMAT parquet, COMPRESSION {compression}, ROW_GROUP_SIZE {row_group_rows}"
    try:
        written = connection.execute(f"COPY ({query}) TO {quoted(str(path))} ({options})").fetchone()
    except duckdb.IOException as error:
        raise DataError(
            f"{path.parent} can't be written: {str(error).splitlines()[0]}",
            next_step=f'Look for space (df -h "{path.parent}") and run again; nothing of this file was kept.',
        ) from error
    assert written is not None
    return int(written[0])


def parquet(path: Path) -> str:
    """A Parquet file as a table of a query."""
    return f"read_parquet({quoted(str(path))})"


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
