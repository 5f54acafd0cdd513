"""Who is at work on what: claims in a table that several processes and machines share.

A claim belongs to one holder at a time and is renewed while its holder lives. It is free again when it is given up, when
its holder was a process of this machine that is no more, and when nobody has renewed it for too long.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine, Table

    Begin = Callable[[], AbstractContextManager[Connection]]
    """Opens a transaction: committed when the block ends, rolled back when it raises."""

logger = logging.getLogger(__name__)

CLAIM_S = 20.0
"""A claim that its holder did not renew for so long was left behind by a process that died."""
RENEWALS = 4
"""How often a claim is renewed in that time."""


class Claims:
    """The claims of one holder. They are renewed by a thread, so that work which blocks an event loop keeps its claim.

    The table holds nothing that is worth keeping: it is made where it is missing, and may be dropped when nothing runs.

    Args:
        engine: of the database; stays the caller's.
        table: name of the table.
        lapse_s: seconds after which a claim that was not renewed is free.
        begin: opens a transaction for the caller of `take` and `give_up`; None: on a connection of the engine's pool.
    """

    def __init__(self, engine: Engine, table: str, *, lapse_s: float = CLAIM_S, begin: Begin | None = None) -> None:
        import sqlalchemy as sa

        self._engine = engine
        self._begin: Begin = begin or engine.begin
        self._table = _make_table(engine, table)
        # Made once: making a statement costs more of the processor than running it.
        columns, key = self._table.c, sa.bindparam("wanted", type_=sa.String)
        self._claims_on = self._table.select().where(columns.key == key)
        self._end = self._table.delete().where((columns.key == key) & (columns.holder == sa.bindparam("of")))
        self._insert = self._table.insert()
        self._lapse_s = lapse_s
        self._me = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self._closing = threading.Event()
        self._renewing: threading.Thread | None = None

    def take(self, key: str) -> bool:
        """Whether the claim is ours now; one that was left behind is taken over."""
        self._renew_from_now_on()
        return self._insert_if_free(key) or (self._end_if_left_behind(key) and self._insert_if_free(key))

    def give_up(self, key: str, within: Connection | None = None) -> None:
        """Free the claim, if it is ours.

        Args:
            key: whose.
            within: a transaction of the caller's on the same database; None: one of its own.
        """
        ended = {"wanted": key, "of": self._me}
        if within is not None:
            within.execute(self._end, ended)
            return
        with self._begin() as connection:
            connection.execute(self._end, ended)

    def holder(self, key: str) -> str:
        """Who holds the claim, like `process 4711 on box`; empty where it is free."""
        with self._engine.connect() as connection:
            claim = connection.execute(self._claims_on, {"wanted": key}).one_or_none()
        if claim is None or claim.until.replace(tzinfo=UTC) < datetime.now(UTC) or _is_dead(claim.holder):
            return ""
        host, pid, _ = claim.holder.rsplit("/", 2)
        return f"process {pid} on {host}"

    def claimed(self) -> list[str]:
        """What is claimed, also by holders that are dead, in alphabetical order."""
        with self._engine.connect() as connection:
            columns = self._table.c
            return list(connection.execute(self._table.select().with_only_columns(columns.key).order_by(columns.key)).scalars())

    def close(self) -> None:
        """Renew nothing any more; what is still held lapses."""
        self._closing.set()
        if self._renewing is not None:
            self._renewing.join()

    def _insert_if_free(self, key: str) -> bool:
        import sqlalchemy as sa

        try:
            with self._begin() as connection:
                connection.execute(self._insert, {"key": key, "holder": self._me, "until": self._until()})
        except sa.exc.IntegrityError:
            return False
        return True

    def _end_if_left_behind(self, key: str) -> bool:
        """Whether the claim is free now, as far as one can see: others may be looking too, and only one of them inserts."""
        with self._engine.begin() as connection:
            claims = connection.execute(self._claims_on, {"wanted": key}).all()
            dead = [claim for claim in claims if claim.until.replace(tzinfo=UTC) < datetime.now(UTC) or _is_dead(claim.holder)]
            for claim in dead:
                connection.execute(self._end, {"wanted": key, "of": claim.holder})
        return dead == claims

    def _renew_from_now_on(self) -> None:
        if self._renewing is None:
            self._renewing = threading.Thread(target=self._renew, name=f"renews {self._table.name}", daemon=True)
            self._renewing.start()

    def _renew(self) -> None:
        import sqlalchemy as sa

        while not self._closing.wait(self._lapse_s / RENEWALS):
            try:
                with self._engine.begin() as connection:
                    mine = self._table.update().where(self._table.c.holder == self._me)
                    connection.execute(mine.values(until=self._until()))
            except sa.exc.DBAPIError as error:
                logger.warning("Claims could not be renewed, which is tried again: %s", error.orig)

    def _until(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._lapse_s)


def _is_dead(holder: str) -> bool:
    """Whether a claim's holder was a process of this machine that is no more."""
    host, pid, _ = holder.rsplit("/", 2)
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _make_table(engine: Engine, name: str) -> Table:
    import sqlalchemy as sa
    from sqlalchemy.schema import CreateTable

    table = sa.Table(
        name,
        sa.MetaData(),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    try:
        with engine.begin() as connection:
            connection.execute(CreateTable(table, if_not_exists=True))
    except sa.exc.DBAPIError:
        # On PostgreSQL two that make it at the same moment are not both served.
        if not sa.inspect(engine).has_table(name):
            raise
    return table
