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
    "rollback": "nightschool.promotion.rolled_back",
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
    put_event(connection, made.track, made.target, EVENTS[made.kind], payload, once=f"move {made.id}", at=made.at)
    if made.track == PRODUCTION:
        put(connection, "publish", made.track, made.target, payload, made.at)


def put_event(
    connection: Connection, track: str, target: str, event: str, payload: dict[str, Any], *, once: str, at: datetime
) -> bool:
    """Add an event that is to be raised, once for this target, event and `once`; returns whether it was new.

    `once` is a run date, or what else names the cause. Event, track, target and their common `key` join the payload.
    """
    outbox = tables().outbox
    key = f"{track}/{target}/{once}/{event.removeprefix('nightschool.')}"
    mine = (outbox.c.kind == "event", outbox.c.track == track, outbox.c.target == target)
    if connection.execute(outbox.select().where(*mine, outbox.c.payload.contains(f'"key":"{key}"', autoescape=True))).first():
        return False
    put(connection, "event", track, target, payload | {"event": event, "track": track, "target": target, "key": key}, at)
    return True


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
