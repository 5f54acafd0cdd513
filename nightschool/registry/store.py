"""The registry as one object: each method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from nightschool.records import Grounds, Lineage, Night, NightStart, Pair, PromptVersion, Verdict, digest_of
from nightschool.registry import incumbents, ledgers, nights, outbox, verdicts, versions
from nightschool.registry.backfills import Backfills
from nightschool.registry.by_hand import ByHand
from nightschool.registry.entries import (
    Incumbent,
    OutboxItem,
    OutboxKind,
    SettledSets,
    StoredVerdict,
    Transition,
    TransitionKind,
)
from nightschool.registry.gate_tests import GateTests
from nightschool.registry.shadows import Shadows
from nightschool.registry.transactions import open_registry, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def _now() -> datetime:
    return datetime.now(UTC)


class Registry:
    """Versions, verdicts, transitions and incumbents, in SQLite or PostgreSQL.

    Args:
        url: SQLAlchemy URL; a SQLite file and its folder are made when missing.
        clock: tells the time, aware and in UTC.

    Raises:
        ConfigError: where the database can't be opened or was written by a newer nightschool.
    """

    def __init__(self, url: str, *, clock: Callable[[], datetime] = _now) -> None:
        self._engine: Engine = open_registry(url)
        self._clock = clock
        self.shadows = Shadows(self._engine, clock)
        """What promotions replaced, beside what is served now."""
        self.by_hand = ByHand(self._engine, clock)
        """What people decide: rollbacks, adoptions, approvals."""
        self.tests = GateTests(self._engine, clock)
        """One test at a time for each target, over several nights, and the ledger of what tests spend."""
        self.backfills = Backfills(self._engine, clock)
        """What became of each date of each backfill."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    # Nights

    def begin(self, night: Night, seed_text: str, *, lineage: Lineage | None = None) -> NightStart:
        """Record what a night starts from, once; a night that has begun before gets what was recorded then.

        Args:
            night: the night that begins.
            seed_text: becomes the first incumbent where the target has none.
            lineage: of the seed text, where there is more to say than that it is a seed.
        """
        with writing(self._engine) as connection:
            if (begun := nights.find(connection, night)) is not None:
                return begun
            standing = incumbents.current(connection, night.track, night.target)
            incumbent = standing.prompt.version if standing else self._plant(connection, night, seed_text, lineage)
            ledger = ledgers.live(connection, night.track, night.target)
            start = NightStart(night=night, started_at=self._clock(), incumbent=incumbent, ledger=ledger)
            nights.record(connection, start)
            return start

    def night(self, night: Night) -> NightStart | None:
        """What a night started from; None where it has not begun."""
        with self._engine.connect() as connection:
            return nights.find(connection, night)

    def forget(self, start: NightStart) -> None:
        """Let a night that ended without data begin anew, so that it reads what came since.

        A night that has a verdict stays as it began.
        """
        with writing(self._engine) as connection:
            nights.forget(connection, start)

    # The split ledger

    def ledger(self, track: str, target: str) -> str:
        """The reference of the target's split ledger; empty where it has none."""
        with self._engine.connect() as connection:
            return ledgers.live(connection, track, target)

    def settled(self, night: Night, reading: str) -> SettledSets | None:
        """The ledgers before and after this reading of the night, where it was settled."""
        with self._engine.connect() as connection:
            return ledgers.settled(connection, night, reading)

    def settle(self, night: Night, reading: str, sets: SettledSets) -> bool:
        """Move the target's ledger by compare-and-swap, in one transaction with the record of what this reading did.

        Args:
            night: whose sets they are.
            reading: names what was prepared: turns, policy and curated files.
            sets: the ledger that the sets were prepared against, and the one with what they added.

        Returns:
            False where another preparation was faster: prepare against the live ledger then.
        """
        with writing(self._engine) as connection:
            return ledgers.settle(connection, night, reading, sets, self._clock())

    # Versions

    def add_version(self, text: str, lineage: Lineage) -> PromptVersion:
        """Keep a prompt; the same text twice is the same version, with the lineage that it had first."""
        with writing(self._engine) as connection:
            return versions.add(connection, text, lineage, self._clock())

    def version(self, prefix: str) -> PromptVersion:
        """The one version whose name begins so.

        Raises:
            ConfigError: where none or several do; it names close ones.
        """
        with self._engine.connect() as connection:
            return versions.by_prefix(connection, prefix)

    # Verdicts

    def record_verdict(
        self,
        night: Night,
        challenger: str,
        incumbent: str,
        verdict: Verdict,
        pairs: Sequence[Pair],
        *,
        gate_digest: str = "",
        grounds: Grounds | None = None,
    ) -> str:
        """Keep a verdict with its reward rows and what it was decided by; returns its name. The same twice is kept once."""
        name = verdicts.name_of(night, challenger, incumbent, verdict, pairs, gate_digest)
        stored = StoredVerdict(
            verdict_id=name,
            night=night,
            challenger=challenger,
            incumbent=incumbent,
            verdict=verdict,
            gate_digest=gate_digest,
            at=self._clock(),
        )
        with writing(self._engine) as connection:
            verdicts.record(connection, stored, pairs, grounds)
        return name

    def verdict(self, verdict_id: str) -> StoredVerdict | None:
        """The verdict with this name."""
        with self._engine.connect() as connection:
            return verdicts.find(connection, verdict_id)

    def grounds(self, verdict_id: str) -> Grounds | None:
        """What a verdict was decided by: policy, health, its test and how many nights that had lasted."""
        with self._engine.connect() as connection:
            return verdicts.grounds_of(connection, verdict_id)

    def anchor_reference(self, night: Night, anchors: str, grader: str) -> tuple[float, float] | None:
        """Mean grades of these good and bad anchors by this grader, on its first night on record before this one."""
        with self._engine.connect() as connection:
            return verdicts.anchor_reference(connection, night, anchors, grader)

    def verdicts(self, track: str, target: str) -> tuple[StoredVerdict, ...]:
        """All verdicts on a target, oldest night first."""
        with self._engine.connect() as connection:
            return verdicts.of_target(connection, track, target)

    def pairs_behind(self, verdict_id: str) -> tuple[Pair, ...]:
        """The reward rows that a verdict rests on."""
        with self._engine.connect() as connection:
            return verdicts.pairs_behind(connection, verdict_id)

    def examined_sessions(self, night: Night) -> frozenset[str]:
        """The sessions behind the verdicts that led to promotions before the night began; so far, where it has not begun.

        By the clock and not by run dates: a night of an older date may begin after a newer one has promoted.
        """
        with self._engine.connect() as connection:
            begun = nights.find(connection, night)
            return verdicts.examined_sessions(connection, night.track, night.target, begun.started_at if begun else None)

    # Incumbents

    def incumbent(self, track: str, target: str) -> PromptVersion | None:
        """The prompt version that a target is served with; None where it has none yet."""
        with self._engine.connect() as connection:
            standing = incumbents.current(connection, track, target)
        return standing.prompt if standing else None

    def targets(self) -> tuple[tuple[str, str], ...]:
        """Every (track, target) that has an incumbent."""
        with self._engine.connect() as connection:
            return incumbents.targets(connection)

    def history(self, track: str, target: str) -> tuple[Transition, ...]:
        """All moves of a target's incumbent, oldest first."""
        with self._engine.connect() as connection:
            return incumbents.history(connection, track, target)

    def promote(self, night: Night, challenger: str, expected_incumbent: str, verdict_id: str, reason: str) -> Transition:
        """Move the incumbent from `expected_incumbent` to `challenger`: one transaction with its record and its outbox.

        The same night promoting the same challenger again gets the transition that was made the first time.

        Raises:
            IncumbentMoved: where the incumbent is no longer the expected one.
            PromotionError: where the challenger's text or a verdict that allows the move is not stored.
        """
        once = digest_of(["promotion", night, challenger])
        with writing(self._engine) as connection:
            if (made := incumbents.find_move(connection, once)) is not None:
                return made
            versions.get(connection, challenger)
            verdicts.must_promote(connection, verdict_id, challenger, expected_incumbent)
            wanted = self._move(night, "promotion", expected_incumbent, challenger, verdict_id=verdict_id, reason=reason)
            made = incumbents.move(connection, wanted, once=once)
            outbox.announce(connection, made)
            return made

    # Outbox

    def pending(self, kind: OutboxKind | None = None) -> tuple[OutboxItem, ...]:
        """What follows from moves and is still to be done, oldest first."""
        with self._engine.connect() as connection:
            return outbox.pending(connection, kind)

    def put_event(self, track: str, target: str, event: str, payload: dict[str, Any], *, once: str) -> bool:
        """Leave an event to be raised, once for this target, event and cause (`once`); returns whether it was new."""
        with writing(self._engine) as connection:
            return outbox.put_event(connection, track, target, event, payload, once=once, at=self._clock())

    def mark_done(self, item_id: int) -> None:
        """Note that an outbox item was done."""
        with writing(self._engine) as connection:
            outbox.mark_done(connection, item_id, self._clock())

    def publish(self, track: str, target: str, write: Callable[[Incumbent], None]) -> None:
        """Hand the present incumbent to `write`, then mark the target's publish items done.

        No other writer runs meanwhile: a slow publisher can't put an older prompt over a newer one.
        """
        with writing(self._engine) as connection:
            owed = [item for item in outbox.pending(connection, "publish") if (item.track, item.target) == (track, target)]
            standing = incumbents.current(connection, track, target)
            if not owed or standing is None:
                return
            write(standing)
            for item in owed:
                outbox.mark_done(connection, item.id, self._clock())

    def _plant(self, connection: Connection, night: Night, text: str, lineage: Lineage | None) -> str:
        """Make the seed text the first incumbent. It is not published: agents have it as their default."""
        known = lineage or Lineage(track=night.track, target=night.target, run_date=night.run_date.isoformat(), note="seed")
        seed = versions.add(connection, text, known, self._clock())
        wanted = self._move(night, "seed", "", seed.version, reason="The first prompt of this target.")
        incumbents.move(connection, wanted, once=digest_of(["seed", night.track, night.target]))
        return seed.version

    def _move(self, night: Night, kind: TransitionKind, previous: str, version: str, **why: str) -> Transition:
        return Transition(
            id=0,
            track=night.track,
            target=night.target,
            kind=kind,
            previous=previous,
            version=version,
            at=self._clock(),
            run_date=night.run_date.isoformat(),
            **why,
        )
