"""What each night started from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.records import Night, NightStart
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Table


def find(connection: Connection, night: Night) -> NightStart | None:
    """What a night started from; None where it has not begun."""
    import sqlalchemy as sa

    nights = tables().nights
    found = connection.execute(sa.select(nights.c.start).where(*_of(nights, night))).scalar_one_or_none()
    return None if found is None else NightStart.model_validate_json(found)


def record(connection: Connection, start: NightStart) -> None:
    """Keep what a night started from; once."""
    night = start.night
    key = {"track": night.track, "target": night.target, "run_date": night.run_date.isoformat()}
    connection.execute(tables().nights.insert(), key | {"start": start.model_dump_json()})


def forget(connection: Connection, start: NightStart) -> None:
    """Let a night that came to nothing begin anew; one that a verdict was recorded for stays as it began."""
    night, verdicts, nights = start.night, tables().verdicts, tables().nights
    if connection.execute(verdicts.select().where(*_of(verdicts, night)).limit(1)).first() is None:
        connection.execute(nights.delete().where(*_of(nights, night), nights.c.start == start.model_dump_json()))


def _of(table: Table, night: Night) -> list[ColumnElement[bool]]:
    return [
        table.c.track == night.track,
        table.c.target == night.target,
        table.c.run_date == night.run_date.isoformat(),
    ]
