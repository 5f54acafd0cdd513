"""The desk's staff: they look at most of the agent's answers, rate them, and write down the right value where it is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from demo.messages import SMALL_TALK, DeskMessage
from nightschool.grading.accuracy import lenient_accuracy, strict_accuracy

REVIEWED_SHARE = 0.85


@dataclass(frozen=True)
class Review:
    """What a colleague says of an answer: 1 to 5 (None: nobody looked), the bare value where it is wrong, and why."""

    rating: int | None = None
    correction: str | None = None
    comment: str = ""


def review(message: DeskMessage, answer: str) -> Review:
    """Rate an answer.

    The desk's form takes one value as it stands, so only an answer whose first line is the bare value is right.
    """
    if strict_accuracy(answer, message.expected):
        return Review(5, None, "goes into the form as it is")
    if lenient_accuracy(answer, message.expected):
        return Review(2, message.expected, "the value is in there, but the form takes nothing else")
    return Review(1, message.expected, "not the value that was asked for")


class Staff:
    """The people who wrote a day's messages, and so know the right values."""

    def __init__(self, day_messages: Iterable[DeskMessage], seed: int = 0) -> None:
        self._by_text = {message.text: message for message in day_messages}
        self._seed = seed

    def react(self, text: str, answer: str, earlier: tuple[str, ...] = ()) -> Review:
        """What they say of the answer to a message that followed `earlier` ones; of small talk, and of some others, nothing."""
        message = self._by_text[text]
        dice = Random(f"review {self._seed} {text} {earlier}").random()
        if message.kind == SMALL_TALK or dice >= REVIEWED_SHARE:
            return Review()
        return review(message, answer)
