"""The ledger of false promotions: each target earns its share every night, and opening a test spends what has accrued.

Entries of a target form a chain along the run dates: each begins where the one before ended, so that no night is ever
spent twice, whoever starts nights by hand and in whatever order.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

from nightschool.records import AlphaEntry, GateTest, Night, canonical_json
from nightschool.registry import incumbents
from nightschool.registry.schema import tables
from nightschool.stats import NIGHTS_A_YEAR, accrued_alpha, alpha_for

if TYPE_CHECKING:
    from sqlalchemy import Connection


def since(connection: Connection, night: Night) -> date:
    """The last night that is spent already; where none is, the day before the target's first night."""
    entries = of_target(connection, night.track, night.target)
    if entries:
        return max(entry.until for entry in entries)
    moves = incumbents.history(connection, night.track, night.target)
    first = date.fromisoformat(moves[0].run_date or moves[0].at.date().isoformat()) if moves else night.run_date
    return min(first, night.run_date) - timedelta(days=1)


def nights_accrued(connection: Connection, night: Night) -> int:
    """Nights that a test could spend tonight; 0 or less where a test was opened on this run date, or on a later one."""
    return (night.run_date - since(connection, night)).days


def spend(connection: Connection, test: GateTest, yearly: float) -> None:
    """Write down what the opening of a test spent."""
    night = Night(track=test.track, target=test.target, run_date=test.opened_on)
    nights = nights_accrued(connection, night)
    entry = AlphaEntry(
        id=0,
        track=test.track,
        target=test.target,
        test_id=test.test_id,
        since=since(connection, night),
        until=test.opened_on,
        yearly=yearly,
        accrued=accrued_alpha(nights, yearly),
        spent=alpha_for(nights, yearly),
        at=test.opened_at,
    )
    kept = canonical_json(entry.model_dump(mode="json", exclude={"id"}))
    row = {"track": test.track, "target": test.target, "test_id": test.test_id, "entry": kept}
    connection.execute(tables().alpha.insert(), row)


def of_target(connection: Connection, track: str, target: str) -> tuple[AlphaEntry, ...]:
    """All entries of a target, oldest first."""
    alpha = tables().alpha
    query = alpha.select().where(alpha.c.track == track, alpha.c.target == target).order_by(alpha.c.id)
    return tuple(AlphaEntry.model_validate(json.loads(row.entry) | {"id": row.id}) for row in connection.execute(query))


def spent_in_a_year(connection: Connection, night: Night) -> float:
    """False promotions that were spent in the 365 nights up to this one."""
    first: date = night.run_date - timedelta(days=NIGHTS_A_YEAR - 1)
    entries = of_target(connection, night.track, night.target)
    return sum(entry.spent for entry in entries if first <= entry.until <= night.run_date)
