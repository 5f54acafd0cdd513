"""One test at a time for each target: opened on what has accrued, gone on with night by night, ended once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from nightschool.errors import IncumbentMoved
from nightschool.records import (
    RETIRED,
    AlphaEntry,
    GateIdentity,
    GateNight,
    GateTerms,
    GateTest,
    GateTestState,
    Night,
    NightStart,
    Pair,
    VerdictDecision,
    digest_of,
)
from nightschool.registry import alpha_ledger, incumbents, versions
from nightschool.registry import gate_test_rows as rows
from nightschool.registry.transactions import RegistryPart, writing
from nightschool.stats import alpha_for

if TYPE_CHECKING:
    from sqlalchemy import Connection

STATES: dict[VerdictDecision, GateTestState] = {
    "promote": "promoted",
    "reject": "rejected",
    "hold": "held",
    "undecided": "open",
    "invalid": "open",
}
"""What a verdict makes of its test. A night whose numbers can't be trusted leaves the test as it was before it."""


class GateTests(RegistryPart):
    """The registry's tests."""

    def carried(self, night: Night, identity: GateIdentity, *, locked: str = "") -> GateTest | None:
        """The test that this night goes on with; None where it searches for a new challenger.

        A night that went on with a test opened before does so again, whatever became of that test; one whose own test has ended
        searches again as it did, and later tests are not its business. An open test ends here where the incumbent, the agent or
        the grader is another one now, or where its challenger lacks what was locked meanwhile (`locked`).
        """
        with writing(self._engine) as connection:
            known = rows.of_night(connection, night)
            if known is not None and known.identity == identity and not self._is_barred(connection, known, locked):
                return known if known.is_open or known.opened_on != night.run_date else None
            found = rows.open_test(connection, night.track, night.target)
            if found is None or found.opened_on > night.run_date:
                return None
            if not (why := self._broken(connection, found, identity, locked)):
                return found
            rows.set_state(connection, found.test_id, "void", at=self._clock(), on=night.run_date, why=why)
            return None

    def open(
        self,
        night: Night,
        challenger: str,
        incumbent: str,
        identity: GateIdentity,
        *,
        horizon: int,
        unit: str,
        yearly: float,
        search: str = "",
    ) -> GateTest | None:
        """Open a test, or resume the one of this identity; None where nothing has accrued that it could spend.

        Args:
            night: whose challenger it is.
            challenger: its version.
            incumbent: the version that it must beat.
            identity: who answers and who grades.
            horizon: units that the test is planned for.
            unit: `session` or `user`.
            yearly: false promotions a year that the target is allowed.
            search: reference of the search that proposed the challenger.

        Raises:
            IncumbentMoved: where another prompt is served by now.
        """
        name = digest_of([night.track, night.target, challenger, incumbent, identity])[:16]
        with writing(self._engine) as connection:
            known = rows.find(connection, name)
            if known is not None and known.state != "void":
                return known
            self._require_incumbent(connection, night, incumbent)
            if known is not None:
                rows.set_state(connection, name, "open", at=self._clock())
                return rows.find(connection, name)
            alpha = alpha_for(alpha_ledger.nights_accrued(connection, night), yearly)
            if not alpha:
                return None
            terms = GateTerms.model_validate({"alpha": alpha, "horizon": horizon, "unit": unit})
            test = self._new(name, night, challenger, incumbent, identity, terms, search)
            rows.add(connection, test)
            alpha_ledger.spend(connection, test, yearly)
            return test

    def plan(self, test: GateTest, night: Night, units: Sequence[str]) -> GateNight:
        """Write down, once, what this night examines for the test.

        Nothing is added by a night before the test's last one, or after its end: its units would be bet on out of turn.

        Args:
            test: which test.
            night: which night.
            units: what could be examined tonight, in the order of the bet; what the horizon leaves room for is kept.
        """
        with writing(self._engine) as connection:
            nights = rows.nights_of(connection, test.test_id)
            for planned in nights:
                if planned.run_date == night.run_date:
                    return planned
            before = [planned for planned in nights if planned.run_date < night.run_date]
            found = rows.find(connection, test.test_id)
            can_add = found is not None and found.is_open and len(before) == len(nights)
            room = max(test.terms.horizon - len(self._used(connection, test.test_id)), 0) if can_add else 0
            number = len(before) + 1 if can_add else max(len(before), 1)
            planned = GateNight(test_id=test.test_id, run_date=night.run_date, number=number, units=tuple(units[:room]))
            if can_add:
                rows.add_night(connection, planned, self._clock())
            return planned

    def used_units(self, test_id: str) -> frozenset[str]:
        """Units that the test has examined in any of its nights."""
        with self._engine.connect() as connection:
            return self._used(connection, test_id)

    def keep_pairs(self, test_id: str, units_and_pairs: Sequence[tuple[str, Pair]]) -> None:
        """Keep what a night bought, each with its unit; again is harmless."""
        with writing(self._engine) as connection:
            rows.add_pairs(connection, test_id, units_and_pairs)

    def pairs(self, test_id: str, *, before: date | None = None) -> tuple[Pair, ...]:
        """What the test has bought; by the nights before this run date, where one is given."""
        with self._engine.connect() as connection:
            return tuple(pair for _, pair in rows.pairs_of(connection, test_id, before=before))

    def settle(self, test_id: str, night: Night, decision: VerdictDecision, why: str) -> None:
        """Note what a night's verdict makes of its test: open, or ended.

        Only the test's last night can; a test that a person or another incumbent ended stays so, and so does a promotion.
        """
        with writing(self._engine) as connection:
            test = rows.find(connection, test_id)
            nights = rows.nights_of(connection, test_id)
            if test is None or not nights or nights[-1].run_date != night.run_date:
                return
            if test.is_open or (test.ended_on == night.run_date and test.state in ("rejected", "held")):
                rows.set_state(connection, test_id, STATES[decision], at=self._clock(), on=night.run_date, why=why)

    def open_test(self, track: str, target: str) -> GateTest | None:
        """The target's test that is not decided yet."""
        with self._engine.connect() as connection:
            return rows.open_test(connection, track, target)

    def of_target(self, track: str, target: str) -> tuple[GateTest, ...]:
        """All tests of a target, oldest first."""
        with self._engine.connect() as connection:
            return rows.of_target(connection, track, target)

    def nights(self, test_id: str) -> tuple[GateNight, ...]:
        """What each of its nights examines for the test, oldest first."""
        with self._engine.connect() as connection:
            return rows.nights_of(connection, test_id)

    def retired(self, start: NightStart) -> tuple[str, ...]:
        """Versions that had their test against the night's incumbent, and ended it, before the night began."""
        night = start.night
        ended = (test for test in self.of_target(night.track, night.target) if test.incumbent == start.incumbent)
        return tuple(
            sorted(t.challenger for t in ended if t.state in RETIRED and t.ended_at is not None and t.ended_at < start.started_at)
        )

    def ledger(self, track: str, target: str) -> tuple[AlphaEntry, ...]:
        """What the target's tests have spent, oldest first."""
        with self._engine.connect() as connection:
            return alpha_ledger.of_target(connection, track, target)

    def spent_in_a_year(self, night: Night) -> float:
        """False promotions that were spent in the 365 nights up to this one."""
        with self._engine.connect() as connection:
            return alpha_ledger.spent_in_a_year(connection, night)

    def last_spent(self, night: Night) -> date:
        """The last run date whose share of the budget is spent."""
        with self._engine.connect() as connection:
            return alpha_ledger.since(connection, night)

    def _new(
        self, name: str, night: Night, challenger: str, incumbent: str, identity: GateIdentity, terms: GateTerms, search: str
    ) -> GateTest:
        return GateTest(
            test_id=name,
            track=night.track,
            target=night.target,
            challenger=challenger,
            incumbent=incumbent,
            identity=identity,
            terms=terms,
            opened_on=night.run_date,
            opened_at=self._clock(),
            search=search,
        )

    def _used(self, connection: Connection, test_id: str) -> frozenset[str]:
        return frozenset(unit for unit, _ in rows.pairs_of(connection, test_id))

    def _is_barred(self, connection: Connection, test: GateTest, locked: str) -> bool:
        """Whether a test that could go on must not: its challenger lacks the locked text."""
        return test.state in ("open", "void") and locked not in versions.get(connection, test.challenger).text

    def _broken(self, connection: Connection, test: GateTest, identity: GateIdentity, locked: str) -> str:
        """Why an open test can't go on; empty where it can."""
        standing = incumbents.current(connection, test.track, test.target)
        if standing is None or standing.prompt.version != test.incumbent:
            return "another prompt is the incumbent now"
        if changed := _changes(test.identity, identity):
            return f"{' and '.join(changed)} changed"
        return "its challenger lacks the locked text" if self._is_barred(connection, test, locked) else ""

    def _require_incumbent(self, connection: Connection, night: Night, incumbent: str) -> None:
        standing = incumbents.current(connection, night.track, night.target)
        if standing is not None and standing.prompt.version != incumbent:
            raise IncumbentMoved(
                f"{night.target} on {night.track} is served with {standing.prompt.version} by now, and this night "
                f"({night.run_date}) began with {incumbent}: nothing of its challenger was examined.",
                next_step="The next night (a later --run-date) starts from what is served now.",
            )


def _changes(before: GateIdentity, now: GateIdentity) -> list[str]:
    """Which of agent and grader are others now."""
    fields: Collection[str] = [name for name in GateIdentity.model_fields if getattr(before, name) != getattr(now, name)]
    agent = ["the agent"] if any(name.startswith("agent") for name in fields) else []
    return agent + (["the grader"] if any(not name.startswith("agent") for name in fields) else [])
