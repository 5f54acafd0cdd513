"""The registry's tables, and how a database of an earlier version is brought to the present one.

A new database gets the present tables at once. An older one is taken through `STEPS`, one for each version since.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData, Table

STEPS: tuple[Callable[[Connection], None], ...] = ()
"""`STEPS[i]` changes a database of version i + 1 into one of version i + 2."""


@dataclass(frozen=True)
class Tables:
    """The tables by name; `versions`, `verdicts`, `verdict_pairs` and `transitions` are only ever added to."""

    metadata: MetaData
    schema: Table
    versions: Table
    nights: Table
    incumbents: Table
    transitions: Table
    verdicts: Table
    verdict_pairs: Table
    ledgers: Table
    outbox: Table


def current_version() -> int:
    """The schema version that this code reads and writes."""
    return len(STEPS) + 1


def migrate(connection: Connection) -> None:
    """Create the tables, or bring older ones to the present version; call it inside of a writing transaction.

    Raises:
        ConfigError: where a newer nightschool has written the database.
    """
    found = version_in(connection)
    if found > current_version():
        raise ConfigError(
            f"A newer nightschool has written this registry: its schema is version {found}, known is {current_version()}.",
            next_step="Install the newer nightschool again, or name another registry with NIGHTSCHOOL_REGISTRY_URL.",
        )
    if found == 0:
        tables().metadata.create_all(connection)
        connection.execute(tables().schema.insert(), {"version": current_version()})
        return
    for step in STEPS[found - 1 :]:
        step(connection)
    connection.execute(tables().schema.update().values(version=current_version()))


def version_in(connection: Connection) -> int:
    """The schema version of a database; 0 for one without the registry's tables."""
    import sqlalchemy as sa

    if not sa.inspect(connection).has_table(tables().schema.name):
        return 0
    return int(connection.execute(sa.select(tables().schema.c.version)).scalar_one())


@functools.cache
def tables() -> Tables:
    """The definitions; times are ISO texts in UTC, records are JSON texts."""
    import sqlalchemy as sa

    metadata = sa.MetaData()

    def table(name: str, *columns: sa.Column[str] | sa.Column[int] | sa.UniqueConstraint) -> Table:
        return sa.Table(f"registry_{name}", metadata, *columns)

    def text(name: str, *, key: bool = False, index: bool = False) -> sa.Column[str]:
        return sa.Column(name, sa.Text, primary_key=key, index=index, nullable=False)

    def serial() -> sa.Column[int]:
        return sa.Column("id", sa.Integer, primary_key=True, autoincrement=True)

    return Tables(
        metadata=metadata,
        schema=table("schema", sa.Column("version", sa.Integer, primary_key=True)),
        versions=table("versions", text("version", key=True), text("text"), text("created_at"), text("lineage")),
        nights=table("nights", text("track", key=True), text("target", key=True), text("run_date", key=True), text("start")),
        incumbents=table("incumbents", text("track", key=True), text("target", key=True), text("version"), text("moved_at")),
        transitions=table(
            "transitions",
            serial(),
            text("track", index=True),
            *map(text, ("target", "kind", "previous", "version", "at", "run_date", "verdict_id", "reason")),
            # What may happen only once (a night's promotion of one challenger) has the same name here each time.
            text("once"),
            sa.UniqueConstraint("once"),
        ),
        verdicts=table(
            "verdicts",
            text("verdict_id", key=True),
            *map(text, ("track", "target", "run_date", "challenger", "incumbent", "verdict", "gate_digest", "at")),
        ),
        verdict_pairs=table(
            "verdict_pairs",
            text("verdict_id", key=True),
            sa.Column("position", sa.Integer, primary_key=True),
            text("session_id"),
            text("pair"),
        ),
        ledgers=table("ledgers", text("track", key=True), text("target", key=True), text("digest"), text("set_at")),
        outbox=table("outbox", serial(), *map(text, ("kind", "track", "target", "payload", "created_at", "done_at"))),
    )
