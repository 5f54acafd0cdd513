"""A night: which one it is, what it started from, how it ended."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime, Field

from nightschool.records.base import Record, StoredRecord
from nightschool.records.digests import digest_of

BACKFILL = "backfill/"
"""What the tracks of backfills begin with."""


def as_name(track_or_target: str) -> str:
    """How a track or a target is written in keys and file names."""
    return track_or_target.replace("/", ".")


class EndState(StrEnum):
    """How a night ended; all but `Invalid` are normal nights. `Skipped`: another run was at work on it, nothing was done.

    `RolledBack`: what the last promotion replaced was better on fresh sessions, and is served again.
    """

    PROMOTED = "Promoted"
    REJECTED = "Rejected"
    UNDECIDED = "Undecided"
    HELD = "Held"
    INVALID = "Invalid"
    NO_DATA = "NoData"
    SKIPPED = "Skipped"
    ROLLED_BACK = "RolledBack"


class Night(Record):
    """The logical night: a target on a track, on one run date."""

    track: str = "production"
    target: str
    run_date: date

    @property
    def key(self) -> str:
        """A name for the night that fits into keys and file names."""
        return as_name(f"{self.track}-{self.target}-{self.run_date.isoformat()}")

    @property
    def is_backfilled(self) -> bool:
        """Whether the night is a backfill's, which sees its run date as of then."""
        return self.track.startswith(BACKFILL)

    @property
    def seed(self) -> int:
        """The seed of all the night's randomness, in [0, 2**32)."""
        return int(digest_of(self)[:8], 16)


class NightStart(StoredRecord):
    """What a night started from; recorded once, so that the same night twice is the same night."""

    night: Night
    started_at: AwareDatetime
    incumbent: str = Field(description="version of the incumbent at the start")
    ledger: str = Field(default="", description="digest of the split ledger at the start; empty for none")
