"""Reading somebody else's SQLite file: read-only, beside its writer, with errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from nightschool.errors import DataError

LOCK_WAIT_S = 5.0

Row = tuple[Any, ...]


class SqliteReader:
    """One file, opened anew for each use, so that no lock and no snapshot outlives a query.

    Texts come as bytes: one undecodable text must not fail the query that it is in.
    """

    def __init__(self, path: Path, *, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self.path = path
        self.lock_wait_s = lock_wait_s

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of one query.

        Raises:
            DataError: where the file is locked, damaged or no longer what it was.
        """
        with self.connected() as connection:
            return connection.execute(query, parameters).fetchall()

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection; what SQLite reports inside is raised as a DataError."""
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=self.lock_wait_s)) as connection:
                connection.text_factory = bytes
                yield connection
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

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
