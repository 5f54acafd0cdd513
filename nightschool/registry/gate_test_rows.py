"""The rows of tests: what was fixed when each opened, its nights, and the pairs that they bought."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from nightschool.records import GateNight, GateTest, GateTestState, Night, Pair, canonical_json
from nightschool.registry.entries import StoredVerdict, Transition
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

NOT_YET = ""


def add(connection: Connection, test: GateTest) -> None:
    """Keep a test as it is when it opens."""
    row = {"test_id": test.test_id, "track": test.track, "target": test.target, "opened": test.model_dump_json()}
    connection.execute(tables().tests.insert(), row | {"state": "open", "ended_at": NOT_YET, "ended_on": NOT_YET, "why": ""})


def find(connection: Connection, test_id: str) -> GateTest | None:
    """The test with this name."""
    tests = tables().tests
    row = connection.execute(tests.select().where(tests.c.test_id == test_id)).one_or_none()
    return None if row is None else _read(row)


def of_target(connection: Connection, track: str, target: str) -> tuple[GateTest, ...]:
    """All tests of a target, oldest first."""
    tests = tables().tests
    query = tests.select().where(tests.c.track == track, tests.c.target == target)
    return tuple(sorted(map(_read, connection.execute(query)), key=lambda test: (test.opened_at, test.test_id)))


def open_test(connection: Connection, track: str, target: str) -> GateTest | None:
    """The one test of a target that is not decided yet."""
    return next((test for test in of_target(connection, track, target) if test.is_open), None)


def of_night(connection: Connection, night: Night) -> GateTest | None:
    """The test that this night has a part in, where one was written down."""
    nights = tables().test_nights
    mine = {test.test_id: test for test in of_target(connection, night.track, night.target)}
    query = nights.select().where(nights.c.run_date == night.run_date.isoformat(), nights.c.test_id.in_(list(mine)))
    found = sorted((mine[row.test_id] for row in connection.execute(query)), key=lambda test: test.opened_at)
    return found[-1] if found else None


def set_state(
    connection: Connection, test_id: str, state: GateTestState, *, at: datetime, on: date | None = None, why: str = ""
) -> None:
    """Note what became of a test; `open` takes an end back."""
    ended = {"ended_at": at.isoformat(), "ended_on": on.isoformat() if on else NOT_YET, "why": why}
    values = {"ended_at": NOT_YET, "ended_on": NOT_YET, "why": ""} if state == "open" else ended
    tests = tables().tests
    connection.execute(tests.update().where(tests.c.test_id == test_id).values(state=state, **values))


def follow(connection: Connection, made: Transition) -> None:
    """End what a move of the incumbent decides: the challenger's own test is promoted, another open one is void."""
    for test in of_target(connection, made.track, made.target):
        on = date.fromisoformat(made.run_date) if made.run_date else None
        if test.state in ("open", "held", "rejected") and is_won_by(test, made):
            set_state(connection, test.test_id, "promoted", at=made.at, on=on, why=made.reason)
        elif test.is_open:
            set_state(
                connection, test.test_id, "void", at=made.at, on=on, why=f"another prompt is the incumbent now ({made.kind})"
            )


def decline_held(connection: Connection, held: StoredVerdict, *, at: datetime, why: str) -> None:
    """Note that a person declined the win of a held test."""
    pair = (held.challenger, held.incumbent)
    for test in of_target(connection, held.night.track, held.night.target):
        if test.state == "held" and (test.challenger, test.incumbent) == pair:
            set_state(connection, test.test_id, "declined", at=at, why=why)


def is_won_by(test: GateTest, made: Transition) -> bool:
    """Whether a move is the promotion that this test led to."""
    pair = (made.version, made.previous)
    return made.kind in ("promotion", "approval") and (test.challenger, test.incumbent) == pair


def nights_of(connection: Connection, test_id: str) -> tuple[GateNight, ...]:
    """What each night examines for the test, oldest first."""
    nights = tables().test_nights
    rows = connection.execute(nights.select().where(nights.c.test_id == test_id).order_by(nights.c.run_date))
    return tuple(
        GateNight(
            test_id=row.test_id, run_date=date.fromisoformat(row.run_date), number=row.number, units=tuple(json.loads(row.units))
        )
        for row in rows
    )


def add_night(connection: Connection, planned: GateNight, at: datetime) -> None:
    """Keep what a night is going to examine."""
    row = {"test_id": planned.test_id, "run_date": planned.run_date.isoformat(), "number": planned.number}
    connection.execute(
        tables().test_nights.insert(), row | {"units": canonical_json(planned.units), "planned_at": at.isoformat()}
    )


def add_pairs(connection: Connection, test_id: str, units_and_pairs: Iterable[tuple[str, Pair]]) -> None:
    """Keep the pairs of a night; what is there stays as it is, and a unit belongs to the night that bought it first."""
    rows = tables().test_pairs
    known = connection.execute(rows.select().where(rows.c.test_id == test_id)).all()
    there = {(row.session_id, row.example_id) for row in known}
    night_of = {row.unit: row.run_date for row in known}
    new = [
        {
            "test_id": test_id,
            "session_id": pair.session_id,
            "example_id": pair.example_id,
            "position": len(known) + position,
            "run_date": pair.night,
            "unit": unit,
            "pair": pair.model_dump_json(),
        }
        for position, (unit, pair) in enumerate(units_and_pairs)
        if (pair.session_id, pair.example_id) not in there and night_of.get(unit, pair.night) == pair.night
    ]
    if new:
        connection.execute(rows.insert(), new)


def pairs_of(connection: Connection, test_id: str, *, before: date | None = None) -> tuple[tuple[str, Pair], ...]:
    """Units and pairs that the test has bought, in the order of buying; of nights before this run date, where one is given."""
    rows = tables().test_pairs
    query = rows.select().where(rows.c.test_id == test_id).order_by(rows.c.run_date, rows.c.position)
    if before is not None:
        query = query.where(rows.c.run_date < before.isoformat())
    return tuple((row.unit, Pair.model_validate_json(row.pair)) for row in connection.execute(query))


def _read(row: Row[tuple[str, ...]]) -> GateTest:
    became = {
        "state": row.state,
        "ended_at": row.ended_at or None,
        "ended_on": row.ended_on or None,
        "why": row.why,
    }
    return GateTest.model_validate(json.loads(row.opened) | became)
