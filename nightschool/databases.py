"""How nightschool opens its own databases: SQLite in a file by default, PostgreSQL by URL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

BUSY_TIMEOUT_S = 30
RETRY_S = 0.02
POSTGRESQL_LOCK = 1_312_770_658
"""Name of the advisory lock under which tables are made; any number that nobody else uses."""


def open_engine(url: str) -> Engine:
    """An SQLAlchemy engine for one of nightschool's own databases; a SQLite file and its folder are made when missing.

    SQLite runs in WAL with a busy time-out, so that several processes can write.

    Raises:
        ConfigError: where the URL is not one of a database that can be opened here.
    """
    import sqlalchemy as sa

    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        return sa.create_engine(parsed, pool_pre_ping=True)
    except (sa.exc.ArgumentError, ModuleNotFoundError) as error:
        raise ConfigError(
            f"{_without_password(url)} is not a database that can be opened: {error}",
            next_step='Use sqlite:///path/to/file.db, or postgresql://… with pip install "nightschool[postgres]".',
        ) from error


class Kept:
    """One connection for the many small transactions of one event loop, none of which waits inside.

    Taking a connection of the pool costs as much as a statement in SQLite. A server's connection may be gone when it is
    needed again, so that it is taken from the pool each time, which looks.

    Args:
        engine: stays the caller's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction."""
        if self._engine.dialect.name != "sqlite":
            with self._engine.begin() as connection:
                yield connection
            return
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            yield self._connection

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def make_alone(connection: Connection) -> None:
    """Wait until nobody else makes tables: of two at once PostgreSQL would refuse one, in spite of IF NOT EXISTS."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRESQL_LOCK})")


def _open_sqlite(url: Any) -> Engine:
    import sqlalchemy as sa

    if url.database:
        Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})

    def set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        _switch_to_wal(cursor, url.database)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    sa.event.listen(engine, "connect", set_pragmas)
    return engine


def _switch_to_wal(cursor: Any, path: str) -> None:
    """SQLite's own time-out does not cover this: of several processes that open a new file at once, some are refused."""
    import sqlite3

    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(RETRY_S)
        except sqlite3.DatabaseError as error:
            raise ConfigError(
                f"{path} can't be opened as a database: {error}", next_step="Move it away, or set another path or URL."
            ) from error
        else:
            return


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://…@{tail}" if at else url
