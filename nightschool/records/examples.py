"""Questions that rollouts run on, and the three sets that they are split into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field

from nightschool.records.base import Record
from nightschool.records.conversations import Message, ToolCall

ExampleOrigin = Literal["correction", "curated", "rated", "unlabelled"]
"""Where the expected answer comes from: a person's correction, a curated file, the agent's own well rated answer, nowhere."""

ExampleSet = Literal["train", "validation", "held_out"]


class Example(Record):
    """One question made from a turn or from a curated file.

    `example_id` of a real turn is `real_<session>_msg_<n>`, n from 1 within the session.
    """

    example_id: str
    session_id: str
    question: str
    origin: ExampleOrigin = "unlabelled"
    expected_answer: str | None = None
    run_id: str = ""
    user_id: str = ""
    history: tuple[Message, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    context: str = "real_user_conversation"
    category: str = "conversation"
    difficulty: str = "medium"
    language: str = ""
    requires_reasoning: bool = False
    reasoning_steps: tuple[str, ...] = ()
    user_rating: int | None = None
    timestamp: AwareDatetime | None = None
    must_pass: bool = Field(default=False, description="curated: a challenger may not fail it where the incumbent passes")
    frequency: int = Field(default=1, ge=1, description="how many turns of the window this question stands for")

    @property
    def slices(self) -> Mapping[str, str]:
        """The parts of the traffic that this example belongs to, by kind of slice."""
        named = {"domain": self.category, "difficulty": self.difficulty, "language": self.language}
        return {kind: value for kind, value in named.items() if value}


class Splits(Record):
    """The three sets of a night: critiques read train, the search ranks on validation, only the gate sees held-out."""

    train: tuple[Example, ...] = ()
    validation: tuple[Example, ...] = ()
    held_out: tuple[Example, ...] = ()
