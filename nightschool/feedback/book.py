"""The table `nightschool_feedback`, in any database that SQLAlchemy can open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nightschool.databases import make_alone, open_engine
from nightschool.feedback.entry import FeedbackEntry, checked_entry

if TYPE_CHECKING:
    from sqlalchemy import Engine, Select, Table

_IDS_PER_QUERY = 500
_EVER = datetime.max.replace(tzinfo=UTC)


class FeedbackBook:
    """Reads and adds feedback; several processes and hosts may write at once.

    Args:
        url: SQLAlchemy URL, like sqlite:///feedback.db; table and file are made when missing.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def rate(
        self,
        run_id: str,
        rating: int,
        comment: str = "",
        correction: str | None = None,
        rated_at: datetime | None = None,
        *,
        author: str = "",
    ) -> FeedbackEntry:
        """Add one opinion; `rated_at` is aware, None means now.

        Raises:
            ConfigError: for a rating outside 1 to 5, an empty run id or a time without a zone.
        """
        entry = checked_entry(run_id, rating, comment=comment, correction=correction, rated_at=rated_at, author=author)
        self.rate_many([entry])
        return entry

    def rate_many(self, entries: Iterable[FeedbackEntry]) -> int:
        """Add many opinions in one transaction; returns how many."""
        rows = [entry.model_dump() | {"rated_at": _stored(entry.rated_at)} for entry in entries]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(self._table.insert(), rows)
        return len(rows)

    def entries(self, run_ids: Collection[str] | None = None, *, as_of: datetime = _EVER) -> Iterator[FeedbackEntry]:
        """Every entry, by the time at which it was given.

        Args:
            run_ids: only of these runs; None: of every rated run.
            as_of: entries after it (aware) do not exist yet.
        """
        with self._engine.connect() as connection:
            for query in self._queries(run_ids, _stored(as_of)):
                for row in connection.execute(query).mappings():
                    yield FeedbackEntry(**dict(row) | {"rated_at": row["rated_at"].replace(tzinfo=UTC)})

    def latest(self, run_ids: Collection[str] | None = None, *, as_of: datetime) -> dict[str, FeedbackEntry]:
        """What is known of each run at a moment: its last entry at or before `as_of` (aware).

        A correction outlives later entries that give none: a rating says how good the answer was and does not take back
        what the right one is. Another correction replaces it, an empty one withdraws it.

        Args:
            run_ids: only these runs; None: every rated run.
            as_of: entries after it do not exist yet.
        """
        known: dict[str, FeedbackEntry] = {}
        for entry in self.entries(run_ids, as_of=as_of):
            known[entry.run_id] = _after(known.get(entry.run_id), entry)
        return {run_id: _without_withdrawn(entry) for run_id, entry in known.items()}

    def close(self) -> None:
        """Give the connections back; the book may be used again."""
        self._engine.dispose()

    def _queries(self, run_ids: Collection[str] | None, as_of: datetime) -> Iterator[Select[Any]]:
        columns = [column for column in self._table.columns if column.name != "id"]
        query = self._table.select().with_only_columns(*columns).where(self._table.c.rated_at <= as_of)
        query = query.order_by(self._table.c.rated_at, self._table.c.id)
        if run_ids is None:
            yield query
            return
        for part in _parts(sorted(run_ids)):
            yield query.where(self._table.c.run_id.in_(part))

    @cached_property
    def _table(self) -> Table:
        return _feedback_table()

    @cached_property
    def _engine(self) -> Engine:
        engine = open_engine(self.url)
        _make_table(engine, self._table)
        return engine


def rate(run_id: str, rating: int, comment: str = "", correction: str | None = None, *, url: str | None = None) -> FeedbackEntry:
    """Say how good an answer was (1 to 5) and, if it was wrong, what the right one is.

    Args:
        run_id: Agno's `RunOutput.run_id`.
        rating: 1 (bad) to 5 (very good).
        comment: why.
        correction: the right answer instead.
        url: SQLAlchemy URL of the feedback; None: as the settings say (`feedback_url`, else a file in `home`).

    Raises:
        ConfigError: for a rating outside 1 to 5, an empty run id or wrong settings.
    """
    if url is None:
        from nightschool.settings import load_settings

        url = load_settings().database_url("feedback")
    return FeedbackBook(url).rate(run_id, rating, comment, correction)


def _feedback_table() -> Table:
    import sqlalchemy as sa

    return sa.Table(
        "nightschool_feedback",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.Text, nullable=False, index=True),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("correction", sa.Text),
        sa.Column("rated_at", sa.DateTime, nullable=False, comment="UTC"),
        sa.Column("author", sa.Text, nullable=False),
    )


def _make_table(engine: Engine, table: Table) -> None:
    """Create what is missing; looking first and creating then would fail where two processes start at once."""
    from sqlalchemy.schema import CreateIndex, CreateTable

    with engine.begin() as connection:
        make_alone(connection)
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))


def _after(earlier: FeedbackEntry | None, later: FeedbackEntry) -> FeedbackEntry:
    if earlier is None or later.correction is not None:
        return later
    return later.model_copy(update={"correction": earlier.correction})


def _without_withdrawn(entry: FeedbackEntry) -> FeedbackEntry:
    return entry if entry.correction else entry.model_copy(update={"correction": None})


def _stored(moment: datetime) -> datetime:
    """UTC without a zone: what every database keeps in the same way."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _IDS_PER_QUERY):
        yield ids[start : start + _IDS_PER_QUERY]
