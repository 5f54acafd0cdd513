"""Prompts: versions that are kept forever, and candidates that a search proposes."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AwareDatetime, Field

from nightschool.records.base import Record, StoredRecord
from nightschool.records.digests import digest_of_text


def version_of(text: str) -> str:
    """The name of the prompt version with this text: the first 12 hexadecimal digits of its SHA-256."""
    return digest_of_text(text)[:12]


class Lineage(StoredRecord):
    """Where a prompt version came from."""

    parent: str = Field(default="", description="the version it was edited from; empty for a seed")
    track: str = ""
    target: str = ""
    run_date: str = ""
    run_id: str = Field(default="", description="the flow run that proposed it")
    data_digest: str = ""
    code_digest: str = ""
    edits: tuple[str, ...] = Field(default=(), description="the kinds of edit that led here, oldest first")
    note: str = ""


class PromptVersion(StoredRecord):
    """A prompt's text, named by its content."""

    version: str
    text: str
    created_at: AwareDatetime
    lineage: Lineage = Lineage()


class Candidate(Record):
    """A prompt that the search proposed, and what became of it on validation."""

    version: str
    text: str
    parent: str = ""
    edit: str = Field(default="seed", description="the kind of edit that made it")
    iteration: int = 0
    critique: str = Field(default="", description="what the edit was based on, in words")
    change: str = Field(default="", description="what the edit changed, in one line")
    mean_reward: float | None = Field(default=None, description="on the validation examples that it finished")
    n_scored: int = 0
    earned: float | None = Field(
        default=None, description="mean reward above its parent's, on the validation examples that both finished"
    )


class SearchResult(StoredRecord):
    """How a search ended: the challenger (None where nothing beat the seed prompt) and the way to it."""

    seed: Candidate
    challenger: Candidate | None = None
    candidates: tuple[Candidate, ...] = ()
    rewards_by_iteration: tuple[float, ...] = Field(default=(), description="best validation mean, the seed's first")
    dropped: Mapping[str, int] = Field(default_factory=dict, description="proposals that no rollout was paid for, by reason")
    stopped: str = Field(default="", description="why the search ended, in a few words")
    warnings: tuple[str, ...] = Field(default=(), description="what models refused on the way, once a kind and iteration")
    rollouts: int = 0
    wall_s: float = 0.0
