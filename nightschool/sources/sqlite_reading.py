"""Reading somebody else's SQLite file: read-only, beside its writer, with errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from nightschool.errors import DataError
from nightschool.sources.texts import MAX_JSON_BYTES

LOCK_WAIT_S = 5.0

FAST_TEXT_BYTES = 2**20
"""Rows with longer texts are fetched one at a time."""
PAGE_BYTES = 2**26
"""A page ends early where its texts are longer than this."""
_ROWS_AT_ONCE = 100
_NO_LIMIT = 2**31 - 1

Row = tuple[Any, ...]
Columns = list[list[Any]]


class SqliteReader:
    """One file, opened anew for each use, so that no lock and no snapshot outlives a query."""

    def __init__(self, path: Path, *, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self.path = path
        self.lock_wait_s = lock_wait_s
        self._file: tuple[int, int] | None = None

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of one query, texts as bytes: one undecodable text must not fail the query that it is in.

        Raises:
            DataError: where the file is locked, damaged or no longer what it was.
        """
        with self.connected() as connection:
            return connection.execute(query, parameters).fetchall()

    def page(self, query: str, parameters: Mapping[str, object], *, long: int) -> list[Row]:
        """The first rows of a query: at least one if there is any, and no more once there are `PAGE_BYTES`.

        Texts are str, and bytes where they are not UTF-8 or too long to be read as JSON.

        Args:
            query: SQL with named parameters.
            parameters: their values.
            long: which of its columns has the long texts.
        """
        return list(zip(*self.columns_of_page(query, parameters, long=long), strict=True))

    def pages(self, query: str, many: Sequence[Mapping[str, object]], *, long: int) -> list[Row]:
        """The pages of a query under several parameters, in one list; see `page`."""
        with self.connected(text_factory=str) as connection:
            pages = [_page(connection, query, parameters, long) for parameters in many]
        return [row for page in pages for row in zip(*page, strict=True)]

    def columns_of_page(self, query: str, parameters: Mapping[str, object], *, long: int) -> Columns:
        """A `page` as columns, each empty where there are no rows; many rows take less time so."""
        with self.connected(text_factory=str) as connection:
            return _page(connection, query, parameters, long)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Inside, the path must stay the same file: pages of two databases would make one that never was."""
        self._file = self._identity()
        try:
            yield
        finally:
            self._file = None

    @contextmanager
    def connected(self, *, text_factory: Callable[[bytes], Any] = bytes) -> Iterator[sqlite3.Connection]:
        """A read-only connection; what SQLite reports inside is raised as a DataError."""
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=self.lock_wait_s)) as connection:
                connection.text_factory = text_factory
                yield connection
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error
        finally:
            # Also where the query failed: that it is another file now is the better explanation.
            self._check_file()

    def _check_file(self) -> None:
        if self._file is not None and self._identity() != self._file:
            raise DataError(
                f"{self.path} was replaced by another file while it was read.", next_step="Run again; nothing was kept of it."
            )

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def columns(self) -> dict[str, set[str]]:
        """The columns of every table and view, by its name."""
        query = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')"
        found: dict[str, set[str]] = {}
        for table, column in self.rows(query):
            found.setdefault(table.decode("utf-8", "replace"), set()).add(column.decode("utf-8", "replace"))
        return found

    def _explained(self, error: sqlite3.DatabaseError) -> DataError:
        words = str(error)
        for mark, (found, next_step) in _EXPLANATIONS.items():
            if mark in words:
                return DataError(
                    found.format(path=self.path, seconds=self.lock_wait_s), next_step=next_step.format(path=self.path)
                )
        return DataError(f"SQLite can't read {self.path}: {words}", next_step=_CHECK.format(path=self.path))


def quoted_name(name: str) -> str:
    """A table's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _page(connection: sqlite3.Connection, query: str, parameters: Mapping[str, object], long: int) -> Columns:
    """A page the fast way; where that meets a text that it can't take, the careful way."""
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, FAST_TEXT_BYTES)
        return _until_full(connection.execute(query, parameters), _ROWS_AT_ONCE, long)
    except (sqlite3.DataError, sqlite3.OperationalError) as error:
        if not any(mark in str(error) for mark in ("too big", "Could not decode")):
            raise
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _NO_LIMIT)
    connection.text_factory = _careful_text
    try:
        return _until_full(connection.execute(query, parameters), 1, long)
    finally:
        connection.text_factory = str


def _until_full(cursor: sqlite3.Cursor, rows_at_once: int, long: int) -> Columns:
    """Rows live shortly: thousands of them at once would be looked at by Python's garbage collector again and again."""
    columns: Columns = [[] for _ in cursor.description]
    size = 0
    while size < PAGE_BYTES and (rows := cursor.fetchmany(rows_at_once)):
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column += values
        size += sum(len(text) for text in columns[long][-len(rows) :] if isinstance(text, str | bytes))
    return columns


def _careful_text(raw: bytes) -> str | bytes:
    try:
        return raw if len(raw) > MAX_JSON_BYTES else raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


_CHECK = 'Check the file: sqlite3 "{path}" "PRAGMA integrity_check"'
_COPY = 'Read a copy instead: sqlite3 "{path}" ".backup copy.db", then --agent-db copy.db'
_RECOVER = 'Restore it from a backup, or save what is left: sqlite3 "{path}" ".recover" | sqlite3 rescued.db'

_EXPLANATIONS = {
    "locked": (
        "{path} is locked: another process kept it for itself for more than {seconds:g} s.",
        'Run again when that process has finished (fuser "{path}" names it).',
    ),
    "not a database": (
        "{path} is not a SQLite database (or it is encrypted).",
        "Give the file that your agent's SqliteDb(db_file=…) writes: --agent-db PATH",
    ),
    "malformed": ("{path} is damaged: a part of the SQLite file can't be read.", _RECOVER),
    "disk I/O": ("{path} is damaged or cut short: SQLite met an I/O error.", _RECOVER),
    "unable to open": ("{path} can't be opened: no permission, or a WAL database in a folder that can't be written.", _COPY),
    "readonly": ("{path} is a WAL database on a read-only file system.", _COPY),
    "no such table": ("{path} lost a table while it was read.", "Run again when its migration has finished."),
}
