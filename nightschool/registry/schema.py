"""The registry's tables, and how a database of an earlier version is brought to the present one.

A new database gets the present tables at once. An older one is taken through `STEPS`, one for each version since.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, MetaData, Table


def _add_readings(connection: Connection) -> None:
    tables().readings.create(connection)


def _add_decisions(connection: Connection) -> None:
    tables().decisions.create(connection)


def _add_gate_tests(connection: Connection) -> None:
    for table in (tables().tests, tables().test_nights, tables().test_pairs, tables().alpha, tables().grounds):
        table.create(connection)


def _add_backfill_dates(connection: Connection) -> None:
    tables().backfill_dates.create(connection)


def _add_nominations(connection: Connection) -> None:
    tables().nominations.create(connection)


def _add_shadow_pairs(connection: Connection) -> None:
    tables().shadow_pairs.create(connection)


STEPS: tuple[Callable[[Connection], None], ...] = (
    _add_readings,
    _add_decisions,
    _add_gate_tests,
    _add_backfill_dates,
    _add_nominations,
    _add_shadow_pairs,
)
"""`STEPS[i]` changes a database of version i + 1 into one of version i + 2."""


@dataclass(frozen=True)
class Tables:
    """The tables by name.

    `versions`, `verdicts`, `verdict_pairs`, `transitions`, `test_pairs`, `alpha` and `grounds` are only ever added to.
    """

    metadata: MetaData
    schema: Table
    versions: Table
    nights: Table
    incumbents: Table
    transitions: Table
    verdicts: Table
    verdict_pairs: Table
    ledgers: Table
    readings: Table
    decisions: Table
    outbox: Table
    tests: Table
    test_nights: Table
    test_pairs: Table
    alpha: Table
    grounds: Table
    backfill_dates: Table
    nominations: Table
    shadow_pairs: Table


def current_version() -> int:
    """The schema version that this code reads and writes."""
    return len(STEPS) + 1


def migrate(connection: Connection) -> None:
    """Create the tables, or bring older ones to the present version; call it inside of a writing transaction.

    Raises:
        ConfigError: where a newer nightschool has written the database.
    """
    found = version_in(connection)
    if found > current_version():
        raise ConfigError(
            f"A newer nightschool has written this registry: its schema is version {found}, known is {current_version()}.",
            next_step="Install the newer nightschool again, or name another registry with NIGHTSCHOOL_REGISTRY_URL.",
        )
    if found == 0:
        tables().metadata.create_all(connection)
        connection.execute(tables().schema.insert(), {"version": current_version()})
        return
    for step in STEPS[found - 1 :]:
        step(connection)
    connection.execute(tables().schema.update().values(version=current_version()))


def version_in(connection: Connection) -> int:
    """The schema version of a database; 0 for one without the registry's tables."""
    import sqlalchemy as sa

    if not sa.inspect(connection).has_table(tables().schema.name):
        return 0
    return int(connection.execute(sa.select(tables().schema.c.version)).scalar_one())


@functools.cache
def tables() -> Tables:
    """The definitions; times are ISO texts in UTC, records are JSON texts."""
    import sqlalchemy as sa

    metadata = sa.MetaData()

    def table(name: str, *columns: sa.Column[str] | sa.Column[int] | sa.UniqueConstraint) -> Table:
        return sa.Table(f"registry_{name}", metadata, *columns)

    verdict_columns = ("track", "target", "run_date", "challenger", "incumbent", "verdict", "gate_digest", "at")
    # `once` names what may happen only once: a night's promotion of one challenger.
    move_columns = ("track", "target", "kind", "previous", "version", "at", "run_date", "verdict_id", "reason", "once")
    return Tables(
        metadata=metadata,
        schema=table("schema", sa.Column("version", sa.Integer, primary_key=True)),
        versions=table("versions", *_keys("version"), *_texts("text", "created_at", "lineage")),
        nights=table("nights", *_keys("track", "target", "run_date"), *_texts("start")),
        incumbents=table("incumbents", *_keys("track", "target"), *_texts("version", "moved_at")),
        transitions=table("transitions", _serial(), *_texts(*move_columns), sa.UniqueConstraint("once")),
        verdicts=table("verdicts", *_keys("verdict_id"), *_texts(*verdict_columns)),
        verdict_pairs=table(
            "verdict_pairs",
            *_keys("verdict_id"),
            sa.Column("position", sa.Integer, primary_key=True),
            *_texts("session_id", "pair"),
        ),
        ledgers=table("ledgers", *_keys("track", "target"), *_texts("digest", "set_at")),
        readings=table(
            "readings",
            *_keys("track", "target", "run_date", "reading"),
            *_texts("ledger_before", "ledger_after", "settled_at"),
        ),
        decisions=table("decisions", *_keys("verdict_id"), *_texts("kind", "by", "reason", "at")),
        outbox=table("outbox", _serial(), *_texts("kind", "track", "target", "payload", "created_at", "done_at")),
        **_tables_of_tests(table),
        backfill_dates=table("backfill_dates", *_keys("track", "target", "run_date"), *_texts("known")),
        nominations=table("nominations", *_keys("target", "challenger"), *_texts("nomination")),
        shadow_pairs=table("shadow_pairs", *_keys("transition_id", "session_id", "example_id"), *_texts("run_date", "pair")),
    )


def _tables_of_tests(table: Callable[..., Table]) -> dict[str, Table]:
    """Tests with their nights and pairs, what they spend, and what verdicts were decided by."""
    import sqlalchemy as sa

    # `opened` is the record as it was before the first reward; what became of it stands in the columns behind it.
    became = ("state", "ended_at", "ended_on", "why")
    number, position = (sa.Column(name, sa.Integer, nullable=False) for name in ("number", "position"))
    return {
        "tests": table("tests", *_keys("test_id"), *_texts("track", "target", "opened", *became)),
        "test_nights": table("test_nights", *_keys("test_id", "run_date"), number, *_texts("units", "planned_at")),
        "test_pairs": table(
            "test_pairs", *_keys("test_id", "session_id", "example_id"), position, *_texts("run_date", "unit", "pair")
        ),
        "alpha": table("alpha", _serial(), *_texts("track", "target", "test_id", "entry"), sa.UniqueConstraint("test_id")),
        "grounds": table("grounds", *_keys("verdict_id"), *_texts("test_id", "grounds")),
    }


def _keys(*names: str) -> list[Column[str]]:
    import sqlalchemy as sa

    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def _texts(*names: str) -> list[Column[str]]:
    import sqlalchemy as sa

    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _serial() -> Column[int]:
    import sqlalchemy as sa

    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=True)
