"""What follows from committed moves and is still to be done; written in the move's own transaction."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nightschool.records import canonical_json
from nightschool.registry.entries import PRODUCTION, OutboxItem, OutboxKind, Transition
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

NOT_YET = ""
EVENTS = {
    "promotion": "nightschool.promotion.promoted",
    "approval": "nightschool.promotion.approved",
    "rollback": "nightschool.incumbent.rolled_back",
    "adoption": "nightschool.incumbent.adopted",
}
"""The event that each kind of move raises; the first prompt of a target raises none."""


def put(connection: Connection, kind: OutboxKind, track: str, target: str, payload: dict[str, Any], at: datetime) -> None:
    """Add something that is to be done."""
    row = {"kind": kind, "track": track, "target": target, "payload": canonical_json(payload)}
    connection.execute(tables().outbox.insert(), row | {"created_at": at.isoformat(), "done_at": NOT_YET})


def announce(connection: Connection, made: Transition) -> None:
    """Add what follows from a move: an event, and on the production track that the incumbent is published."""
    payload = made.model_dump(mode="json", exclude={"schema_version"})
    put(connection, "event", made.track, made.target, payload | {"event": EVENTS[made.kind]}, made.at)
    if made.track == PRODUCTION:
        put(connection, "publish", made.track, made.target, payload, made.at)


def pending(connection: Connection, kind: OutboxKind | None = None) -> tuple[OutboxItem, ...]:
    """What is still to be done, of one kind or of all, oldest first."""
    outbox = tables().outbox
    query = outbox.select().where(outbox.c.done_at == NOT_YET).order_by(outbox.c.id)
    if kind is not None:
        query = query.where(outbox.c.kind == kind)
    return tuple(
        OutboxItem(
            id=row.id,
            kind=row.kind,
            track=row.track,
            target=row.target,
            payload=json.loads(row.payload),
            created_at=datetime.fromisoformat(row.created_at),
        )
        for row in connection.execute(query)
    )


def mark_done(connection: Connection, item_id: int, at: datetime) -> None:
    """Note that an item was done; a second time changes nothing."""
    outbox = tables().outbox
    open_item = (outbox.c.id == item_id, outbox.c.done_at == NOT_YET)
    connection.execute(outbox.update().where(*open_item).values(done_at=at.isoformat()))
