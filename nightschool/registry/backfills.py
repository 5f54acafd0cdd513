"""What became of each date of each backfill, what it sent to production's gate, and what production served at a past moment."""

from __future__ import annotations

from datetime import datetime

from nightschool.records import RETIRED, BackfillDate, Nomination, PromptVersion
from nightschool.registry import gate_test_rows, incumbents, versions
from nightschool.registry.entries import PRODUCTION
from nightschool.registry.schema import tables
from nightschool.registry.transactions import RegistryPart, writing


class Backfills(RegistryPart):
    """The registry's backfills."""

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

    def nominate(self, nomination: Nomination) -> None:
        """Send a prompt to production's gate; the same one again is sent anew."""
        table = tables().nominations
        key = {"target": nomination.target, "challenger": nomination.challenger}
        with writing(self._engine) as connection:
            connection.execute(table.delete().where(*(table.c[name] == value for name, value in key.items())))
            connection.execute(table.insert(), key | {"nomination": nomination.model_dump_json()})

    def nomination(self, target: str, challenger: str) -> Nomination | None:
        """How this version came to production's gate; None where no backfill sent it."""
        return next((one for one in self._nominations(target) if one.challenger == challenger), None)

    def waiting(self, target: str) -> Nomination | None:
        """The last prompt that was sent and had no test on production since that held.

        None where none waits, where it is served, or where it has had its test against what is served.
        """
        sent = sorted(self._nominations(target), key=lambda one: one.at)
        with self._engine.connect() as connection:
            tests = gate_test_rows.of_target(connection, PRODUCTION, target)
            standing = incumbents.current(connection, PRODUCTION, target)
        served = standing.prompt.version if standing is not None else ""
        if not sent or served == sent[-1].challenger:
            return None
        of_it = [test for test in tests if test.challenger == sent[-1].challenger]
        since = any(test.state != "void" and (test.ended_at or test.opened_at) > sent[-1].at for test in of_it)
        return None if since or any(test.state in RETIRED and test.incumbent == served for test in of_it) else sent[-1]

    def _nominations(self, target: str) -> list[Nomination]:
        table = tables().nominations
        with self._engine.connect() as connection:
            rows = connection.execute(table.select().where(table.c.target == target))
            return [Nomination.model_validate_json(row.nomination) for row in rows]

    def production_as_of(self, target: str, moment: datetime) -> PromptVersion | None:
        """The prompt that production had just before an aware moment; the first one ever where it had none yet.

        None where the target has never had a prompt.
        """
        with self._engine.connect() as connection:
            moves = incumbents.history(connection, PRODUCTION, target)
            standing = [move for move in moves if move.at < moment] or moves[:1]
            return versions.get(connection, standing[-1].version) if standing else None
