"""What each night started from, and where each target's split ledger is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nightschool.records import Night, NightStart
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection


def find(connection: Connection, night: Night) -> NightStart | None:
    """What a night started from; None where it has not begun."""
    import sqlalchemy as sa

    nights = tables().nights
    query = sa.select(nights.c.start).where(
        nights.c.track == night.track, nights.c.target == night.target, nights.c.run_date == night.run_date.isoformat()
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else NightStart.model_validate_json(found)


def record(connection: Connection, start: NightStart) -> None:
    """Keep what a night started from; once."""
    night = start.night
    key = {"track": night.track, "target": night.target, "run_date": night.run_date.isoformat()}
    connection.execute(tables().nights.insert(), key | {"start": start.model_dump_json()})


def has_later(connection: Connection, night: Night) -> bool:
    """Whether a night of the same target with a later run date has begun."""
    nights = tables().nights
    query = nights.select().where(
        nights.c.track == night.track, nights.c.target == night.target, nights.c.run_date > night.run_date.isoformat()
    )
    return connection.execute(query.limit(1)).first() is not None


def ledger(connection: Connection, track: str, target: str) -> str:
    """The digest of the target's split ledger; empty where it has none."""
    import sqlalchemy as sa

    ledgers = tables().ledgers
    query = sa.select(ledgers.c.digest).where(ledgers.c.track == track, ledgers.c.target == target)
    return connection.execute(query).scalar_one_or_none() or ""


def set_ledger(connection: Connection, track: str, target: str, digest: str, at: datetime) -> None:
    """Point the target to another split ledger."""
    ledgers = tables().ledgers
    here = (ledgers.c.track == track, ledgers.c.target == target)
    values = {"digest": digest, "set_at": at.isoformat()}
    if not connection.execute(ledgers.update().where(*here).values(**values)).rowcount:
        connection.execute(ledgers.insert(), {"track": track, "target": target} | values)
