"""`python -m flows.prefect_server server start`: Prefect's own command, which starts sooner, with one mend for SQLite.

Without the mend alerts get lost. Prefect looks through its rules for each event in a transaction that begins as a reader's and
writes later. If another connection has written meanwhile, SQLite refuses at once, whatever its time-out (SQLITE_BUSY_SNAPSHOT),
and after four refusals within milliseconds Prefect drops the event, and with it the alert: three of seven runs that ended in one
second went untold. As a writer from its beginning the transaction waits its turn.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from flows.imports import importing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


def mend_rules() -> None:
    """Let this process's rules begin their transactions as writers."""
    from prefect.server.events import triggers

    vars(triggers)["automations_session"] = _writing_session


@asynccontextmanager
async def _writing_session(begin_transaction: bool = False) -> AsyncIterator[AsyncSession]:
    from prefect.server.database import provide_database_interface

    database = provide_database_interface()
    async with database.session_context(begin_transaction=begin_transaction, with_for_update=begin_transaction) as session:
        yield session


def main() -> None:
    """Prefect's command line."""
    with importing():
        import prefect.server.api.server  # noqa: F401 - for its place in sys.modules
        from prefect.cli import app

    mend_rules()
    app()


if __name__ == "__main__":
    main()
