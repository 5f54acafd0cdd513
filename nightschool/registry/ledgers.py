"""Where each target's split ledger is, and which ledger each reading of a night was prepared against.

The ledger moves by compare-and-swap: a preparation counts only where the ledger that it started from is still the live
one. The ledgers of a target so form one chain, each holding all that the one before held, whatever nights are run in
whatever order, and no two preparations ever assign the same session differently.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nightschool.records import Night
from nightschool.registry.entries import SettledSets
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


def live(connection: Connection, track: str, target: str) -> str:
    """The reference of the target's split ledger; empty where it has none."""
    import sqlalchemy as sa

    ledgers = tables().ledgers
    query = sa.select(ledgers.c.digest).where(ledgers.c.track == track, ledgers.c.target == target)
    return connection.execute(query).scalar_one_or_none() or ""


def settled(connection: Connection, night: Night, reading: str) -> SettledSets | None:
    """What this reading of the night was prepared against, and what came of it; None where it was not settled yet."""
    readings = tables().readings
    row = connection.execute(readings.select().where(*_here(night, reading))).one_or_none()
    return None if row is None else SettledSets(before=row.ledger_before, after=row.ledger_after)


def settle(connection: Connection, night: Night, reading: str, sets: SettledSets, at: datetime) -> bool:
    """Move the ledger from `sets.before` to `sets.after` and remember both; False where the live ledger is another one.

    Settling the same again is allowed at any time.
    """
    if live(connection, night.track, night.target) != sets.before:
        return settled(connection, night, reading) == sets
    _move(connection, night, sets.after, at)
    readings = tables().readings
    connection.execute(readings.delete().where(*_here(night, reading)))
    row = {"ledger_before": sets.before, "ledger_after": sets.after, "settled_at": at.isoformat()}
    connection.execute(readings.insert(), _key(night) | {"reading": reading} | row)
    return True


def _move(connection: Connection, night: Night, after: str, at: datetime) -> None:
    ledgers = tables().ledgers
    here = (ledgers.c.track == night.track, ledgers.c.target == night.target)
    values = {"digest": after, "set_at": at.isoformat()}
    if not connection.execute(ledgers.update().where(*here).values(**values)).rowcount:
        connection.execute(ledgers.insert(), {"track": night.track, "target": night.target} | values)


def _key(night: Night) -> dict[str, str]:
    return {"track": night.track, "target": night.target, "run_date": night.run_date.isoformat()}


def _here(night: Night, reading: str) -> list[ColumnElement[bool]]:
    columns = tables().readings.c
    return [columns[name] == value for name, value in (_key(night) | {"reading": reading}).items()]
