"""What an edit sees and what it returns."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Protocol

from nightschool.errors import LLMError
from nightschool.records import Example, Record, Rollout


class Experiment(Record):
    """A rollout of the parent on a training or validation example, with the chat that its trace shows."""

    example: Example
    rollout: Rollout
    messages: tuple[Any, ...] = ()

    @property
    def reward(self) -> float | None:
        """The rollout's reward; None where it is unscored."""
        return self.rollout.reward


class Parent(Record):
    """A prompt to be edited, and how it did on a batch of training examples."""

    text: str
    experiments: tuple[Experiment, ...]
    train: tuple[Example, ...]
    """All training examples, for edits that draw on more than the batch."""
    accepted: tuple[str, ...] = ()
    """Critiques that made siblings of this prompt better than the prompt that they all come from."""


class Proposal(Record):
    """A new prompt text, with the reason for it in words."""

    text: str
    edit: str
    critique: str = ""
    change: str = ""
    unusable: str = ""
    """Why the text is no prompt, where it is none; it is counted, and nothing is paid for it."""


class Edit(Protocol):
    """One way to make candidates from a parent. Users can name their own as `package.module:object` in `search.edits`."""

    kind: str

    async def propose(self, parent: Parent, count: int, rng: random.Random) -> Sequence[Proposal | LLMError]:
        """At most `count` proposals; fewer where the edit has nothing more to say. Draws only from `rng`.

        Where a model refused what one proposal needed, the error stands in its place; the search goes on with the rest.
        """
        ...
