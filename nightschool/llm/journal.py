"""The durable record of finished calls and rollouts that a resumed night answers from.

An entry belongs to its night: tomorrow's night never finds it, because a stored score is never compared with a fresh one.
Failures are not kept. Of several that want the same work at once, in one process or in many, one does it and the others
wait for its entry.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightschool.claims import Claims
from nightschool.databases import Kept, make_alone, open_engine
from nightschool.llm.spent import Spent
from nightschool.records import BACKFILL, Night, as_name, digest_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine, MetaData

LOOK_AGAIN_S = 0.25
PAID_AS = {"rollout": "agent", "terms": "agent"}
"""Roles of finished work under another name than that of who did it: what a rollout took are calls of the agent."""
MIN_KEPT_DAYS = 62
"""What a month has cost must be known until the month is over."""


class Journal:
    """Finished work of one night, by what it was done on. Belongs to one event loop; many processes may share the database.

    Args:
        url: SQLAlchemy URL of the journal's database.
        night: the night whose entries are read and written.
    """

    def __init__(self, url: str, night: Night) -> None:
        import sqlalchemy as sa

        self._engine: Engine = open_engine(url)
        metadata = _define()
        self._table = metadata.tables["journal"]
        _make_tables(self._engine, metadata)
        # Made once: making a statement costs more of the processor than running it, and each call runs several.
        columns = self._table.c
        self._one = sa.select(columns.value).where(columns.key == sa.bindparam("wanted"))
        self._insert = self._table.insert()
        self._kept = Kept(self._engine)
        self._claims = Claims(self._engine, "journal_claims", begin=self._kept.begin)
        self._held: set[str] = set()
        self._night = night.key
        self._track = self._night.removesuffix(night.run_date.isoformat())

    def key(self, role: str, *asked: Any) -> str:
        """The name of a piece of work: 64 hexadecimal digits over the night, the role and what was asked."""
        return digest_of([self._night, role, *asked])

    def find(self, key: str) -> str | None:
        """The finished work with this key, as it was kept; None where there is none."""
        with self._kept.begin() as connection:
            return connection.execute(self._one, {"wanted": key}).scalar_one_or_none()

    @asynccontextmanager
    async def claimed(self, key: str, *, looked: bool = False) -> AsyncIterator[str | None]:
        """The finished work, or the right to do it: None is given to one at a time, who keeps the work or gives up.

        Everybody else waits here until it is kept, or until it is their turn.

        Args:
            key: of the work.
            looked: the caller has just not found it.
        """
        found = None if looked else self.find(key)
        while found is None and not self._claims.take(key):
            await asyncio.sleep(LOOK_AGAIN_S)
            found = self.find(key)
        if found is not None:
            yield found
            return
        self._held.add(key)
        try:
            yield self.find(key)  # kept between the look and the claim, perhaps
        finally:
            if key in self._held:
                self._held.discard(key)
                self._claims.give_up(key)

    def keep(self, key: str, role: str, value: str, *, calls: int = 1, tokens: int = 0, cost_usd: float = 0.0) -> None:
        """Store finished work and what it took; the first of two writers wins and the second is no error."""
        import sqlalchemy as sa

        row: dict[str, object] = {"key": key, "night": self._night, "role": role, "value": value}
        row |= {"calls": calls, "tokens": tokens, "cost_usd": cost_usd, "kept_at": datetime.now(UTC)}
        try:
            with self._kept.begin() as connection:
                connection.execute(self._insert, row)
                if key in self._held:  # in one transaction: each costs as much as what is done in it
                    self._claims.give_up(key, connection)
        except sa.exc.IntegrityError:
            return
        self._held.discard(key)

    def kept(self, role: str) -> list[str]:
        """All finished work of one role in this night that was not forgotten yet, in the order of its keys."""
        columns = self._table.c
        query = self._table.select().with_only_columns(columns.value)
        query = query.where(columns.night == self._night, columns.role == role, columns.value != "")
        with self._engine.connect() as connection:
            return list(connection.execute(query.order_by(columns.key)).scalars())

    def spent(self) -> Spent:
        """What the night's finished work took so far, over all of its runs."""
        import sqlalchemy as sa

        columns = self._table.c
        sums = (sa.func.sum(column) for column in (columns.calls, columns.tokens, columns.cost_usd))
        query = sa.select(columns.role, *sums).where(columns.night == self._night).group_by(columns.role)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        calls: Counter[str] = Counter()
        for role, number, _, _ in rows:
            calls[PAID_AS.get(role, role)] += int(number)
        return Spent(
            calls=dict(calls),
            tokens=int(sum(tokens for _, _, tokens, _ in rows)),
            cost_usd=float(sum(cost for *_, cost in rows)),
        )

    def month_cost_usd(self, now: datetime) -> float:
        """What finished work, kept in the calendar month (UTC) of an aware moment, has cost: of all nights but backfills'."""
        begin = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        columns = self._table.c
        return self._cost_usd(columns.kept_at >= begin, ~columns.night.startswith(as_name(BACKFILL), autoescape=True))

    def track_cost_usd(self) -> float:
        """What the finished work of all nights of this night's target on its track has cost."""
        return self._cost_usd(self._table.c.night.startswith(self._track, autoescape=True))

    def _cost_usd(self, *where: ColumnElement[bool]) -> float:
        import sqlalchemy as sa

        with self._engine.connect() as connection:
            return float(connection.execute(sa.select(sa.func.sum(self._table.c.cost_usd)).where(*where)).scalar_one() or 0.0)

    def expire(self, now: datetime, *, days: int) -> int:
        """Forget the entries kept more than `days` before an aware moment, of all nights but this one; returns how many.

        What they took is remembered for two months, for the budget of the month.
        """
        table = self._table
        old = table.c.kept_at < now - timedelta(days=max(days, MIN_KEPT_DAYS))
        emptied = (table.c.kept_at < now - timedelta(days=days)) & (table.c.night != self._night)
        with self._engine.begin() as connection:
            gone = connection.execute(table.delete().where(old & (table.c.night != self._night))).rowcount
            # Another key, so that the emptied entry answers nobody.
            renamed = {"value": "", "key": "expired " + table.c.key}
            gone += connection.execute(table.update().where(emptied & (table.c.value != "")).values(**renamed)).rowcount
        return gone

    def close(self) -> None:
        """Give the connections back."""
        self._claims.close()
        self._kept.close()
        self._engine.dispose()


def _define() -> MetaData:
    import sqlalchemy as sa

    metadata = sa.MetaData()
    sa.Table(
        "journal",
        metadata,
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("night", sa.String(200), nullable=False, index=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("cost_usd", sa.Float, nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
    )
    return metadata


def _make_tables(engine: Engine, metadata: MetaData) -> None:
    """Create what is missing, and add the column that journals of version 0.1's first days lack."""
    import sqlalchemy as sa
    from sqlalchemy.schema import CreateIndex, CreateTable

    with engine.begin() as connection:
        make_alone(connection)
        for table in metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
        if "tokens" not in {column["name"] for column in sa.inspect(connection).get_columns("journal")}:
            connection.exec_driver_sql("ALTER TABLE journal ADD COLUMN tokens BIGINT NOT NULL DEFAULT 0")
