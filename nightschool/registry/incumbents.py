"""The incumbent of each (track, target): moved by compare-and-swap, with a transition for every move."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nightschool.errors import IncumbentMoved
from nightschool.registry import gate_test_rows, versions
from nightschool.registry.entries import Incumbent, Transition
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


def current(connection: Connection, track: str, target: str) -> Incumbent | None:
    """The incumbent of a target; None where the target has none yet."""
    import sqlalchemy as sa

    incumbents = tables().incumbents
    query = sa.select(incumbents).where(incumbents.c.track == track, incumbents.c.target == target)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    prompt = versions.get(connection, row.version)
    return Incumbent(track=track, target=target, prompt=prompt, moved_at=datetime.fromisoformat(row.moved_at))


def move(connection: Connection, wanted: Transition, *, once: str) -> Transition:
    """Move the pointer from `wanted.previous` to `wanted.version`, record the move, and end the tests that it decides.

    Args:
        connection: inside of a writing transaction.
        wanted: the move; its id is given here.
        once: a name that only this move has.

    Raises:
        IncumbentMoved: where the pointer no longer stands at `wanted.previous`.
    """
    if not _swap(connection, wanted):
        _refuse(connection, wanted)
    row = wanted.model_dump(mode="json", exclude={"id", "schema_version"}) | {"at": wanted.at.isoformat(), "once": once}
    inserted = connection.execute(tables().transitions.insert(), row).inserted_primary_key
    assert inserted is not None
    made = wanted.model_copy(update={"id": inserted[0]})
    gate_test_rows.follow(connection, made)
    return made


def find_move(connection: Connection, once: str) -> Transition | None:
    """The move with this name, if it has been made."""
    transitions = tables().transitions
    row = connection.execute(transitions.select().where(transitions.c.once == once)).one_or_none()
    return None if row is None else _read(row)


def history(connection: Connection, track: str, target: str) -> tuple[Transition, ...]:
    """All moves of a target, oldest first."""
    transitions = tables().transitions
    query = transitions.select().where(transitions.c.track == track, transitions.c.target == target)
    return tuple(map(_read, connection.execute(query.order_by(transitions.c.id))))


def targets(connection: Connection) -> tuple[tuple[str, str], ...]:
    """Every (track, target) that has an incumbent, in alphabetical order."""
    import sqlalchemy as sa

    incumbents = tables().incumbents
    query = sa.select(incumbents.c.track, incumbents.c.target).order_by(incumbents.c.track, incumbents.c.target)
    return tuple((row.track, row.target) for row in connection.execute(query))


def _swap(connection: Connection, wanted: Transition) -> bool:
    incumbents = tables().incumbents
    key = {"track": wanted.track, "target": wanted.target}
    standing = {"version": wanted.version, "moved_at": wanted.at.isoformat()}
    if not wanted.previous:
        if current(connection, wanted.track, wanted.target) is not None:
            return False
        connection.execute(incumbents.insert(), key | standing)
        return True
    expected = (incumbents.c[name] == value for name, value in (key | {"version": wanted.previous}).items())
    return connection.execute(incumbents.update().where(*expected).values(**standing)).rowcount == 1


def _refuse(connection: Connection, wanted: Transition) -> None:
    found = current(connection, wanted.track, wanted.target)
    raise IncumbentMoved(
        f"The incumbent of {wanted.target} on {wanted.track} is {found.prompt.version if found else 'none'}, "
        f"not {wanted.previous or 'none'}: somebody moved it meanwhile.",
        next_step="Nothing need be done: the next night goes on from what is served now.",
    )


def _read(row: Row[tuple[str, ...]]) -> Transition:
    fields = {name: value for name, value in row._mapping.items() if name != "once"}
    return Transition.model_validate(fields)
