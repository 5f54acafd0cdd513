"""Agno's tables of sessions on SQLite, and the ratings that a site put into their metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nightschool.sources.session_runs import decoded
from nightschool.sources.sqlite_reading import SqliteReader, quoted_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_METADATA = ("metadata", "extra_data")


class SessionTable(NamedTuple):
    """A table of sessions, and its columns."""

    name: str
    columns: frozenset[str]


def load_session_ratings(connection: DuckDBPyConnection, reader: SqliteReader, table: SessionTable) -> None:
    """What the site itself put into the metadata of its sessions; Agno has no place for a rating."""
    column = next((name for name in _METADATA if name in table.columns), None)
    if column is None:
        return
    query = f"SELECT session_id, {column} FROM {quoted_name(table.name)} WHERE {column} LIKE '%rating%'"
    with reader.connected(text_factory=lambda raw: raw.decode("utf-8", "replace")) as database:
        rated = [(session, rating) for session, found in database.execute(query) if (rating := _rating_of(found))]
    if rated:
        ratings = [[session for session, _ in rated], *(list(values) for values in zip(*(one for _, one in rated), strict=True))]
        connection.execute("INSERT INTO session_ratings SELECT unnest($1), unnest($2)::TINYINT, unnest($3)", ratings)


def _rating_of(metadata: Any) -> tuple[int, str] | None:
    """The rating (1 to 5) and comment that a site put into a session's metadata, where there is one."""
    try:
        known = decoded(metadata)
    except ValueError:
        return None
    rating = str(known.get("rating")) if isinstance(known, dict) else ""
    if rating not in {"1", "2", "3", "4", "5"}:
        return None
    return int(rating), str(known.get("feedback", known.get("comment")) or "")
