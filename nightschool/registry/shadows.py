"""The shadow arm: what the nights after a promotion bought to compare it with what it replaced, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from nightschool.records import Night, Pair, digest_of
from nightschool.registry import incumbents, outbox
from nightschool.registry.entries import Transition
from nightschool.registry.schema import tables
from nightschool.registry.transactions import RegistryPart, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection

BY_EXAM = ("promotion", "approval")
BY_ITSELF = "By itself: "
"""What the reason of a rollback that no person asked for begins with."""


class Shadows(RegistryPart):
    """The registry's shadow arms."""

    def promotion(self, track: str, target: str, version: str) -> Transition | None:
        """The move that made this version the incumbent, where it was the last one and rested on an exam."""
        with self._engine.connect() as connection:
            moves = incumbents.history(connection, track, target)
        made = [move for move in moves if move.kind != "rollback" or not move.reason.startswith(BY_ITSELF)]
        last = made[-1] if made else None
        return last if last and last.version == version and last.kind in BY_EXAM else None

    def pairs(self, promotion: Transition, *, before: date | None = None) -> tuple[Pair, ...]:
        """What was bought since a promotion; by the nights before this run date, where one is given."""
        with self._engine.connect() as connection:
            rows = _rows_of(connection, promotion)
        return tuple(pair for run_date, pair in rows if before is None or run_date < before.isoformat())

    def keep_pairs(self, promotion: Transition, night: Night, pairs: Sequence[Pair]) -> None:
        """Keep what a night bought; again is harmless."""
        shadow_pairs = tables().shadow_pairs
        with writing(self._engine) as connection:
            known = {(pair.session_id, pair.example_id) for _, pair in _rows_of(connection, promotion)}
            rows = [
                {
                    "transition_id": str(promotion.id),
                    "session_id": pair.session_id,
                    "example_id": pair.example_id,
                    "run_date": night.run_date.isoformat(),
                    "pair": pair.model_dump_json(),
                }
                for pair in pairs
                if (pair.session_id, pair.example_id) not in known
            ]
            if rows:
                connection.execute(shadow_pairs.insert(), rows)

    def take_back(self, promotion: Transition, night: Night, reason: str) -> Transition:
        """Serve what a promotion replaced again; once for each promotion.

        Raises:
            IncumbentMoved: where another prompt is served by now.
        """
        once = digest_of(["taken back", promotion.id])
        with writing(self._engine) as connection:
            if (made := incumbents.find_move(connection, once)) is not None:
                return made
            wanted = Transition(
                id=0,
                track=promotion.track,
                target=promotion.target,
                kind="rollback",
                previous=promotion.version,
                version=promotion.previous,
                at=self._clock(),
                run_date=night.run_date.isoformat(),
                reason=f"{BY_ITSELF}{reason}",
            )
            made = incumbents.move(connection, wanted, once=once)
            outbox.announce(connection, made)
            return made


def _rows_of(connection: Connection, promotion: Transition) -> list[tuple[str, Pair]]:
    """(run date, pair) since a promotion, in the order of nights and names."""
    shadow_pairs = tables().shadow_pairs
    query = shadow_pairs.select().where(shadow_pairs.c.transition_id == str(promotion.id))
    ordered = query.order_by(shadow_pairs.c.run_date, shadow_pairs.c.session_id, shadow_pairs.c.example_id)
    return [(row.run_date, Pair.model_validate_json(row.pair)) for row in connection.execute(ordered)]
