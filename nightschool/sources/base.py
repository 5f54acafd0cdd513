"""What every source of conversations offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pydantic import AwareDatetime, Field

from nightschool.records import Record, Turn, Window

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


class ConversationSource(Protocol):
    """Reads conversations as turns. Implementations read only, and hold no lock while the caller works on a turn."""

    @property
    def description(self) -> str:
        """What is read and from where, in a few words for messages and reports."""
        ...

    def count(self, window: Window) -> int:
        """How many rows `turns` would give, unreadable ones included."""
        ...

    def turns(self, window: Window) -> Iterator[Turn | BadRow]:
        """Every turn whose run began in the window, in a fixed order; users are not hashed yet."""
        ...

    def holdings(self) -> Holdings:
        """What there is outside of any window (and of any one agent)."""
        ...
