"""What every source of conversations offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import AwareDatetime, Field

from nightschool.records import Record, Turn, Window

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXCERPT_CHARS = 500
"""How much of an unreadable row is kept, so that a person can see what it is."""


class BadRow(Record):
    """A row that can't be read as a turn; it is counted and set aside."""

    run_id: str
    session_id: str = ""
    reason: str = Field(description="what is wrong with it, in a few words that rows of the same fault share")
    raw: str = Field(default="", description="the beginning of what was found")


class Holdings(Record):
    """What a source has at all, whatever the window: for the message where a window is empty."""

    turns: int = 0
    first: AwareDatetime | None = None
    last: AwareDatetime | None = None
    agent_ids: tuple[str, ...] = Field(default=(), description="agents and teams that turns belong to, sorted")


class Source(Protocol):
    """What can be asked of every source before it is read."""

    @property
    def description(self) -> str:
        """What is read and from where, in a few words for messages and reports."""
        ...

    def count(self, window: Window) -> int:
        """How many rows reading would give, unreadable ones included."""
        ...

    def holdings(self) -> Holdings:
        """What there is outside of any window (and of any one agent)."""
        ...


class ConversationSource(Source, Protocol):
    """Reads conversations turn by turn: what a site implements for a memory of its own.

    Implementations read only, and hold no lock while the caller works on a turn. Named in the settings as
    `source.reader = "package.module:object"`; the object is called with the database and the agent's id.
    """

    def turns(self, window: Window) -> Iterator[Turn | BadRow]:
        """Every turn whose run began in the window, in a fixed order; users are not hashed yet."""
        ...


@runtime_checkable
class ColumnarSource(Source, Protocol):
    """Reads conversations column by column into DuckDB: what the sources of this package do."""

    def load(self, connection: DuckDBPyConnection, window: Window) -> None:
        """Fill the tables of `nightschool.sources.tables`, which the caller has made, with every turn of the window."""
        ...
