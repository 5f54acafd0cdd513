"""Verdicts, with the reward rows that each rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from nightschool.errors import PromotionError
from nightschool.records import Grounds, Night, Pair, Verdict, digest_of
from nightschool.registry.entries import StoredVerdict
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


def record(connection: Connection, stored: StoredVerdict, pairs: Sequence[Pair], grounds: Grounds | None = None) -> None:
    """Keep a verdict, its pairs and what it was decided by; one that is already kept stays as it is."""
    if find(connection, stored.verdict_id) is not None:
        return
    row = {
        "verdict_id": stored.verdict_id,
        "track": stored.night.track,
        "target": stored.night.target,
        "run_date": stored.night.run_date.isoformat(),
        "challenger": stored.challenger,
        "incumbent": stored.incumbent,
        "verdict": stored.verdict.model_dump_json(),
        "gate_digest": stored.gate_digest,
        "at": stored.at.isoformat(),
    }
    connection.execute(tables().verdicts.insert(), row)
    rows = [
        {"verdict_id": stored.verdict_id, "position": n, "session_id": pair.session_id, "pair": pair.model_dump_json()}
        for n, pair in enumerate(pairs)
    ]
    if rows:
        connection.execute(tables().verdict_pairs.insert(), rows)
    if grounds is not None:
        row = {"verdict_id": stored.verdict_id, "test_id": grounds.test_id, "grounds": grounds.model_dump_json()}
        connection.execute(tables().grounds.insert(), row)


def grounds_of(connection: Connection, verdict_id: str) -> Grounds | None:
    """What a verdict was decided by; None for one of a version that did not keep it."""
    import sqlalchemy as sa

    rows = tables().grounds
    found = connection.execute(sa.select(rows.c.grounds).where(rows.c.verdict_id == verdict_id)).scalar_one_or_none()
    return None if found is None else Grounds.model_validate_json(found)


def name_of(night: Night, challenger: str, incumbent: str, verdict: Verdict, pairs: Sequence[Pair], gate_digest: str) -> str:
    """The name of a verdict: 16 hexadecimal digits over all that it rests on."""
    return digest_of([night, challenger, incumbent, verdict, list(pairs), gate_digest])[:16]


def find(connection: Connection, verdict_id: str) -> StoredVerdict | None:
    """The verdict with this name."""
    verdicts = tables().verdicts
    row = connection.execute(verdicts.select().where(verdicts.c.verdict_id == verdict_id)).one_or_none()
    return None if row is None else _read(row)


def must_promote(connection: Connection, verdict_id: str, challenger: str, incumbent: str) -> None:
    """Make sure that a stored verdict allows this promotion.

    Raises:
        PromotionError: where it is missing, is about other prompts, or decided otherwise.
    """
    found = find(connection, verdict_id)
    if found is None:
        problem = "it is not in the registry"
    elif (found.challenger, found.incumbent) != (challenger, incumbent):
        problem = f"it judged {found.challenger} against {found.incumbent}"
    elif found.verdict.decision != "promote":
        problem = f"it decided {found.verdict.decision!r}"
    else:
        return
    raise PromotionError(f"Verdict {verdict_id!r} does not allow {challenger} to replace {incumbent}: {problem}.")


def of_target(connection: Connection, track: str, target: str) -> tuple[StoredVerdict, ...]:
    """All verdicts on a target, oldest night first."""
    verdicts = tables().verdicts
    query = verdicts.select().where(verdicts.c.track == track, verdicts.c.target == target)
    return tuple(map(_read, connection.execute(query.order_by(verdicts.c.run_date, verdicts.c.at))))


def pairs_behind(connection: Connection, verdict_id: str) -> tuple[Pair, ...]:
    """The reward rows that a verdict rests on, in the order in which they were recorded."""
    import sqlalchemy as sa

    rows = tables().verdict_pairs
    query = sa.select(rows.c.pair).where(rows.c.verdict_id == verdict_id).order_by(rows.c.position)
    return tuple(Pair.model_validate_json(pair) for pair in connection.execute(query).scalars())


def anchor_reference(connection: Connection, night: Night, anchors: str, grader: str) -> tuple[float, float] | None:
    """What the grader gave the good and the bad anchors on the first night on record before this one; None without one."""
    verdicts, rows = tables().verdicts, tables().grounds
    query = (
        rows.select()
        .join(verdicts, verdicts.c.verdict_id == rows.c.verdict_id)
        .where(verdicts.c.track == night.track, verdicts.c.target == night.target)
        .where(verdicts.c.run_date < night.run_date.isoformat())
        .order_by(verdicts.c.run_date, verdicts.c.at)
    )
    for row in connection.execute(query):
        grounds = Grounds.model_validate_json(row.grounds)
        good, bad = grounds.health.anchors_good, grounds.health.anchors_bad
        if (grounds.anchors, grounds.health.judge_id_incumbent) == (anchors, grader) and good and bad:
            return sum(good) / len(good), sum(bad) / len(bad)
    return None


def examined_sessions(connection: Connection, track: str, target: str, before: datetime | None) -> frozenset[str]:
    """The sessions behind the verdicts that led to promotions and approvals before this moment; all of them without one."""
    import sqlalchemy as sa

    rows, transitions = tables().verdict_pairs, tables().transitions
    query = (
        sa.select(rows.c.session_id)
        .distinct()
        .join(transitions, transitions.c.verdict_id == rows.c.verdict_id)
        .where(transitions.c.track == track, transitions.c.target == target, transitions.c.verdict_id != "")
    )
    if before is not None:
        query = query.where(transitions.c.at < before.isoformat())
    return frozenset(connection.execute(query).scalars())


def _read(row: Row[tuple[str, ...]]) -> StoredVerdict:
    return StoredVerdict(
        verdict_id=row.verdict_id,
        night=Night(track=row.track, target=row.target, run_date=date.fromisoformat(row.run_date)),
        challenger=row.challenger,
        incumbent=row.incumbent,
        verdict=Verdict.model_validate_json(row.verdict),
        gate_digest=row.gate_digest,
        at=datetime.fromisoformat(row.at),
    )
