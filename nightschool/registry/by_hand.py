"""What people decide: a rollback, a prompt that somebody wrote, and whether a win that was held back is served.

Each is a move of the incumbent like a promotion: by compare-and-swap, with its record, and what follows from it in the outbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.errors import ConfigError, PromotionError
from nightschool.records import GateTest, Lineage, digest_of
from nightschool.registry import gate_test_rows, holds, incumbents, outbox, versions
from nightschool.registry.entries import StoredVerdict, Transition, TransitionKind
from nightschool.registry.transactions import RegistryPart, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection


class ByHand(RegistryPart):
    """The registry's moves that people make. `locked` is text that every prompt must have, as for the search."""

    def rollback(self, track: str, target: str, *, reason: str, to: str = "", locked: str = "") -> Transition:
        """Serve an earlier version again: `to`, by the beginning of its name, else the one before the present one.

        Raises:
            ConfigError: where no version, or more than one, is named so; or it lacks the locked text.
            PromotionError: where there is nothing to go back to.
        """
        with writing(self._engine) as connection:
            earlier = holds.before_the_last_move(connection, track, target)
            version = versions.by_prefix(connection, to).version if to else earlier
            return self._move(connection, track, target, "rollback", version, locked, reason=reason)

    def adopt(self, track: str, target: str, text: str, *, reason: str, locked: str = "") -> Transition:
        """Serve a prompt that a person wrote, without an exam.

        Raises:
            ConfigError: where it lacks the locked text.
            PromotionError: where it is served already.
        """
        with writing(self._engine) as connection:
            lineage = Lineage(track=track, target=target, note=f"written by a person: {reason}")
            version = versions.add(connection, text, lineage, self._clock()).version
            return self._move(connection, track, target, "adoption", version, locked, reason=reason)

    def waiting(self, track: str, target: str) -> StoredVerdict | None:
        """The win that waits for a person; None where none does."""
        with self._engine.connect() as connection:
            return holds.waiting(connection, track, target, self._clock())

    def approve(self, track: str, target: str, *, reason: str, by: str = "", locked: str = "") -> Transition:
        """Serve the win that was held back.

        Raises:
            ConfigError: where it lacks the locked text.
            PromotionError: where none waits.
        """
        with writing(self._engine) as connection:
            held = holds.require_waiting(connection, track, target, self._clock())
            holds.decide(connection, held.verdict_id, "approve", by, reason, self._clock())
            why = {"reason": reason, "verdict_id": held.verdict_id}
            return self._move(connection, track, target, "approval", held.challenger, locked, **why)

    def decline(self, track: str, target: str, *, reason: str, by: str = "") -> StoredVerdict | GateTest:
        """Leave the incumbent where it is: the win that was held back is not served, else the open test ends here.

        Returns:
            What was declined; its pair of prompts is never tested again by itself.

        Raises:
            PromotionError: where no win waits and no test is open.
        """
        with writing(self._engine) as connection:
            open_test = gate_test_rows.open_test(connection, track, target)
            if open_test is not None and holds.waiting(connection, track, target, self._clock()) is None:
                why = f"declined by {by or 'a person'}: {reason}"
                gate_test_rows.set_state(connection, open_test.test_id, "declined", at=self._clock(), why=why)
                return open_test
            held = holds.require_waiting(connection, track, target, self._clock())
            holds.decide(connection, held.verdict_id, "decline", by, reason, self._clock())
            gate_test_rows.decline_held(connection, held, at=self._clock(), why=reason)
            return held

    def _move(
        self, connection: Connection, track: str, target: str, kind: TransitionKind, version: str, locked: str, **why: str
    ) -> Transition:
        if locked not in versions.get(connection, version).text:
            raise ConfigError(
                f"{version} lacks the locked text (prompt.locked), which every prompt must have word for word.",
                next_step="Nothing was changed. Name a prompt that has it, or change prompt.locked first.",
            )
        standing = incumbents.current(connection, track, target)
        if standing is not None and standing.prompt.version == version:
            raise PromotionError(f"{version} is what {target} on {track} is served with already.")
        previous, at = standing.prompt.version if standing else "", self._clock()
        wanted = Transition(id=0, track=track, target=target, kind=kind, previous=previous, version=version, at=at, **why)
        made = incumbents.move(connection, wanted, once=digest_of([kind, track, target, previous, version, at.isoformat()]))
        outbox.announce(connection, made)
        return made
