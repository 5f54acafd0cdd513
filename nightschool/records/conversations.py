"""What is read from an agent's memory: a window of time, and the turns in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, field_validator, model_validator

from nightschool.records.base import Record


class Window(Record):
    """The half-open interval [start, end) in UTC that a night reads."""

    start: AwareDatetime
    end: AwareDatetime
    overlap_days: int = Field(
        default=0, ge=0, description="days at its beginning that are read again, for turns that were stored after their night"
    )

    @field_validator("start", "end")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        return value.astimezone(UTC)

    @model_validator(mode="after")
    def _is_forward(self) -> Window:
        if self.start >= self.end:
            raise ValueError(f"a window must end after it starts: {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M}")
        return self

    @classmethod
    def of_days(cls, first: date, last: date, timezone: str) -> Window:
        """The whole local days from `first` to `last`, both included, in the time zone's own midnights."""
        return cls.between(first, last, timezone)

    @classmethod
    def between(cls, start: date | datetime, end: date | datetime, timezone: str) -> Window:
        """From `start` to `end`: a day as the end is read to its end, a moment (without a zone: local) is not in the window."""
        zone = ZoneInfo(timezone)
        return cls(
            start=_moment(start, zone),
            end=_moment(end if isinstance(end, datetime) else end + timedelta(days=1), zone),
        )

    def contains(self, moment: datetime) -> bool:
        """Whether an aware moment lies in [start, end)."""
        return self.start <= moment < self.end


def _moment(given: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(given, datetime):
        return datetime.combine(given, time.min, zone)
    return given if given.tzinfo else given.replace(tzinfo=zone)


class Message(Record):
    """One message of a chat, as the model saw it."""

    role: str
    content: str


class ToolCall(Record):
    """One tool call of a turn, with its recorded result (truncated at extraction)."""

    name: str
    arguments: str = Field(default="{}", description="JSON object, as text")
    result: str | None = None
    failed: bool = False


class Turn(Record):
    """One user message with the agent's answer, and all that is known about it.

    Times are UTC, latency is in seconds, ratings are 1 to 5. `user_id` is already hashed with the installation's salt.
    """

    run_id: str
    session_id: str
    index: int = Field(description="position in its session, from 0")
    created_at: AwareDatetime
    question: str
    answer: str = ""
    user_id: str = ""
    agent_id: str = ""
    team_id: str = ""
    status: str = "COMPLETED"
    history: tuple[Message, ...] = Field(default=(), description="earlier messages of the session that the agent saw")
    tool_calls: tuple[ToolCall, ...] = ()
    system_message: str = Field(default="", description="the system message in force")
    session_state: dict[str, Any] = Field(default_factory=dict)
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    latency_s: float | None = None
    error: str = ""
    rating: int | None = Field(default=None, ge=1, le=5)
    comment: str = ""
    correction: str | None = Field(default=None, description="the right answer, as a person gave it")
    rated_at: AwareDatetime | None = None
