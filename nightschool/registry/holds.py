"""Wins that were held back: which one waits for a person, and what was decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nightschool.errors import PromotionError
from nightschool.registry import incumbents, verdicts
from nightschool.registry.entries import Decision, DecisionKind, StoredVerdict
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

HOLD_NIGHTS = 14
"""A win that nobody decided on for so long is no longer about today's traffic."""


def waiting(connection: Connection, track: str, target: str, now: datetime) -> StoredVerdict | None:
    """The win that waits for a person: the last one held back, against the present incumbent, not decided and not expired."""
    standing = incumbents.current(connection, track, target)
    held = [stored for stored in verdicts.of_target(connection, track, target) if stored.verdict.decision == "hold"]
    if standing is None or not held:
        return None
    last = max(held, key=lambda stored: stored.at)
    is_open = last.incumbent == standing.prompt.version and last.at > now - timedelta(days=HOLD_NIGHTS)
    return last if is_open and decision_on(connection, last.verdict_id) is None else None


def require_waiting(connection: Connection, track: str, target: str, now: datetime) -> StoredVerdict:
    """As `waiting`, where there must be one.

    Raises:
        PromotionError: where nothing waits.
    """
    found = waiting(connection, track, target, now)
    if found is None:
        raise PromotionError(
            f"No win of {target} on {track} waits for a decision: none was held back, or it was decided, "
            f"is older than {HOLD_NIGHTS} days, or another prompt is served since.",
            next_step="`nightschool history --all` lists what the exams said.",
        )
    return found


def before_the_last_move(connection: Connection, track: str, target: str) -> str:
    """The version that was served before the present one.

    Raises:
        PromotionError: where there was none.
    """
    moves = incumbents.history(connection, track, target)
    if not moves or not moves[-1].previous:
        raise PromotionError(f"There is no prompt of {target} on {track} to go back to: the present one is the first.")
    return moves[-1].previous


def decide(connection: Connection, verdict_id: str, kind: DecisionKind, by: str, reason: str, at: datetime) -> Decision:
    """Record what a person decided on a win that was held back; once."""
    made = Decision(verdict_id=verdict_id, kind=kind, by=by, reason=reason, at=at)
    connection.execute(tables().decisions.insert(), made.model_dump(mode="json", exclude={"schema_version"}))
    return made


def decision_on(connection: Connection, verdict_id: str) -> Decision | None:
    """What a person decided on a verdict; None where nobody has."""
    decisions = tables().decisions
    row = connection.execute(decisions.select().where(decisions.c.verdict_id == verdict_id)).one_or_none()
    return None if row is None else Decision.model_validate(dict(row._mapping))
