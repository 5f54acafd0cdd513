"""Opening the registry's database, and transactions in which no two writers overlap."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightschool.databases import open_engine
from nightschool.errors import ConfigError, PromotionError
from nightschool.registry.schema import current_version, migrate, version_in

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

POSTGRESQL_LOCK = 1_312_770_657
"""Name of the registry's advisory lock; any number that nobody else uses."""


def open_registry(url: str) -> Engine:
    """Open the database and bring its schema up to date.

    Raises:
        ConfigError: where it can't be opened, is no database, or was written by a newer nightschool.
    """
    import sqlalchemy as sa

    try:
        with contextlib.ExitStack() as on_failure:
            engine = open_engine(url)
            on_failure.callback(engine.dispose)
            if engine.dialect.name == "sqlite":
                sa.event.listen(engine, "connect", _make_durable)
            _bring_up_to_date(engine)
            on_failure.pop_all()
            return engine
    except (sa.exc.DBAPIError, OSError) as error:
        raise ConfigError(
            f"The registry can't be opened at {_shown(url)}: {_cause(error)}",
            next_step="Check `home` and `registry_url` with `nightschool doctor`.",
        ) from error


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that begins when no other writer is left and that commits when its block ends well.

    Raises:
        PromotionError: where another writer does not end in time.
    """
    import sqlalchemy as sa

    with engine.connect() as connection, connection.begin():
        try:
            _wait_for_other_writers(connection)
        except sa.exc.OperationalError as error:
            raise PromotionError(
                f"The registry is locked by another process: {_cause(error)}",
                next_step="Wait for the other command to end, then run this one again; nothing was changed.",
            ) from error
        yield connection


class RegistryPart:
    """A part of the registry; each of its methods is one transaction.

    Args:
        engine: the registry's.
        clock: tells the time, aware and in UTC.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock


def _wait_for_other_writers(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # The driver would begin a reading transaction, and two readers who both want to write block each other.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRESQL_LOCK})")


def _bring_up_to_date(engine: Engine) -> None:
    with engine.connect() as connection:
        if version_in(connection) == current_version():
            return
    with writing(engine) as connection:
        migrate(connection)


def _make_durable(connection: Any, _record: Any) -> None:
    # A promotion that was published must not be forgotten in a power cut.
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _shown(url: str) -> str:
    import sqlalchemy as sa

    return sa.make_url(url).render_as_string(hide_password=True)
