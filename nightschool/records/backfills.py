"""What became of the dates of a backfill."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, Field

from nightschool.records.base import StoredRecord
from nightschool.records.nights import EndState, Night


class DateState(StrEnum):
    """Where a date stands that has not ended as a night does; those that have bear the name of the night's end."""

    RUNNING = "Running"
    FAILED = "Failed"


NOT_DONE = (DateState.RUNNING.value, EndState.SKIPPED.value)
"""States of a date that was begun and did not come to an end: interrupted, or another run was at work on it."""


class BackfillDate(StoredRecord):
    """One run date of a backfill, and how it ended. Rewards are held-out means in [0, 1]."""

    night: Night
    state: str = Field(description="Running, Failed, or the night's end state")
    message: str = ""
    next_step: str = ""
    exit_code: int = Field(default=0, description="that a command ends with which ran this date alone")
    incumbent: str = Field(default="", description="version that its track had when the date began")
    challenger: str = Field(default="", description="version that was examined; empty for none")
    served_after: str = Field(default="", description="version that its track had when the date ended")
    incumbent_reward: float | None = None
    challenger_reward: float | None = None
    llm_calls: int = 0
    cost_usd: float = 0.0
    begun_at: AwareDatetime
    ended_at: AwareDatetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it came to an end, good or bad; not so where it was interrupted."""
        return self.state not in NOT_DONE

    @property
    def has_failed(self) -> bool:
        """Whether what it came to is no result: it broke, or its numbers can't be trusted."""
        return self.state in (DateState.FAILED, EndState.INVALID)


class Nomination(StoredRecord):
    """A prompt sent to production's ordinary gate: a backfill ended with it, or it won when another one was served already."""

    target: str
    challenger: str = Field(description="its version")
    track: str = Field(description="where it comes from: the backfill's, or production itself")
    seen_until: AwareDatetime = Field(
        description="end of the last window that it was made and judged from: later sessions are new"
    )
    at: AwareDatetime
