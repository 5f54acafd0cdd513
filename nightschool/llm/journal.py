"""The durable record of finished calls and rollouts that a resumed night answers from.

An entry belongs to its night: tomorrow's night never finds it, because a stored score is never compared with a fresh one.
Failures are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nightschool.databases import open_engine
from nightschool.records import Night, Record, digest_of

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table


class Spent(Record):
    """LLM calls by role, and their price in USD; calls that failed are not in it."""

    calls: Mapping[str, int] = Field(default_factory=dict)
    cost_usd: float = 0.0

    @property
    def total_calls(self) -> int:
        """Calls of all roles."""
        return sum(self.calls.values())


class Journal:
    """Finished work of one night, by what it was done on.

    Args:
        url: SQLAlchemy URL of the journal's database.
        night: the night whose entries are read and written.
    """

    def __init__(self, url: str, night: Night) -> None:
        self._engine: Engine = open_engine(url)
        self._table = _define()
        self._table.metadata.create_all(self._engine)
        self._night = night.key

    def key(self, role: str, *asked: Any) -> str:
        """The name of a piece of work: 64 hexadecimal digits over the night, the role and what was asked."""
        return digest_of([self._night, role, *asked])

    def find(self, key: str) -> str | None:
        """The finished work with this key, as it was kept; None where there is none."""
        query = self._table.select().with_only_columns(self._table.c.value).where(self._table.c.key == key)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def keep(self, key: str, role: str, value: str, *, calls: int = 1, cost_usd: float = 0.0) -> None:
        """Store finished work and what it took; the first of two writers wins and the second is no error."""
        import sqlalchemy as sa

        row = {"key": key, "night": self._night, "role": role, "value": value, "calls": calls, "cost_usd": cost_usd}
        row["kept_at"] = datetime.now(UTC)
        try:
            with self._engine.begin() as connection:
                connection.execute(self._table.insert(), row)
        except sa.exc.IntegrityError:
            return

    def spent(self) -> Spent:
        """What the night's finished work took so far, over all of its runs."""
        import sqlalchemy as sa

        columns = self._table.c
        query = (
            sa.select(columns.role, sa.func.sum(columns.calls), sa.func.sum(columns.cost_usd))
            .where(columns.night == self._night)
            .group_by(columns.role)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return Spent(calls={role: int(calls) for role, calls, _ in rows}, cost_usd=float(sum(cost for _, _, cost in rows)))

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _define() -> Table:
    import sqlalchemy as sa

    return sa.Table(
        "journal",
        sa.MetaData(),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("night", sa.String(200), nullable=False, index=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("cost_usd", sa.Float, nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
    )
