"""The records that the registry gives out, beside versions and night starts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from nightschool.records import Night, PromptVersion, Record, StoredRecord, Verdict

PRODUCTION = "production"
"""The track that is served; moves on any other track are never published."""

TransitionKind = Literal["seed", "promotion", "approval", "rollback", "adoption"]
"""The first prompt; one that won its exam; one that won, was held back, and was approved; back to an earlier one; one that
a person wrote."""
DecisionKind = Literal["approve", "decline"]
OutboxKind = Literal["publish", "event"]


class Transition(StoredRecord):
    """One move of an incumbent pointer. Transitions of a target form a chain: each starts where the one before ended."""

    id: int
    track: str
    target: str
    kind: TransitionKind
    previous: str = Field(description="version before the move; empty for the seed")
    version: str = Field(description="version after the move")
    at: AwareDatetime
    run_date: str = Field(default="", description="the night that moved it, as an ISO date")
    verdict_id: str = ""
    reason: str = ""


class SettledSets(Record):
    """References of two split ledgers: the one that a night's sets were prepared against, and the one with what they added."""

    before: str = Field(description="empty for a target's first night")
    after: str


class Decision(StoredRecord):
    """What a person decided on a win that was held back."""

    verdict_id: str
    kind: DecisionKind
    by: str = ""
    reason: str
    at: AwareDatetime


class Incumbent(Record):
    """The prompt version that a target is served with, and since when."""

    track: str
    target: str
    prompt: PromptVersion
    moved_at: AwareDatetime


class StoredVerdict(StoredRecord):
    """A verdict with the exam that it belongs to; its reward rows are kept beside it."""

    verdict_id: str
    night: Night
    challenger: str
    incumbent: str
    verdict: Verdict
    gate_digest: str = Field(default="", description="digest of the gate's policy and code")
    at: AwareDatetime


class OutboxItem(Record):
    """Something that follows from a committed move and is still to be done: publish the incumbent, or raise an event."""

    id: int
    kind: OutboxKind
    track: str
    target: str
    payload: dict[str, Any]
    created_at: AwareDatetime
