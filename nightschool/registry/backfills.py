"""What became of each date of each backfill, and which prompt production served at a past moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from nightschool.records import BackfillDate, PromptVersion
from nightschool.registry import incumbents, versions
from nightschool.registry.entries import PRODUCTION
from nightschool.registry.schema import tables
from nightschool.registry.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Backfills:
    """The registry's backfills; each method is one transaction.

    Args:
        engine: the registry's.
        clock: tells the time, aware and in UTC.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, date: BackfillDate) -> None:
        """Remember where a date stands; what was known of it before is replaced."""
        table, night = tables().backfill_dates, date.night
        key = {"track": night.track, "target": night.target, "run_date": night.run_date.isoformat()}
        with writing(self._engine) as connection:
            here = (table.c[name] == value for name, value in key.items())
            connection.execute(table.delete().where(*here))
            connection.execute(table.insert(), key | {"known": date.model_dump_json()})

    def dates(self, track: str, target: str) -> tuple[BackfillDate, ...]:
        """The dates that were begun on a track, oldest first."""
        table = tables().backfill_dates
        query = table.select().where(table.c.track == track, table.c.target == target).order_by(table.c.run_date)
        with self._engine.connect() as connection:
            return tuple(BackfillDate.model_validate_json(row.known) for row in connection.execute(query))

    def production_as_of(self, target: str, moment: datetime) -> PromptVersion | None:
        """The prompt that production had just before an aware moment; the first one ever where it had none yet.

        None where the target has never had a prompt.
        """
        with self._engine.connect() as connection:
            moves = incumbents.history(connection, PRODUCTION, target)
            standing = [move for move in moves if move.at < moment] or moves[:1]
            return versions.get(connection, standing[-1].version) if standing else None
