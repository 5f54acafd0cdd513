"""The desk's staff: they look at most of the agent's answers, rate them, and write down the right value where it is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.desk import Answer
from demo.messages import SMALL_TALK, DeskMessage
from nightschool.grading.accuracy import lenient_accuracy, strict_accuracy

REVIEWED_SHARE = 0.85
REVIEWED_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Review:
    """What a colleague says of one answer; `correction` is the bare value, None where the answer was right."""

    run_id: str
    rating: int
    correction: str | None
    comment: str
    rated_at: datetime


def review(message: DeskMessage, answer: str) -> tuple[int, str | None, str]:
    """Rate an answer: `(rating 1 to 5, correction, comment)`.

    The desk's form takes one value as it stands, so only an answer whose first line is the bare value is right.
    """
    if strict_accuracy(answer, message.expected):
        return 5, None, "goes into the form as it is"
    if lenient_accuracy(answer, message.expected):
        return 2, message.expected, "the value is in there, but the form takes nothing else"
    return 1, message.expected, "not the value that was asked for"


def reviews(answers: Iterable[Answer], seed: int = 0) -> list[Review]:
    """What the staff say of a day's answers, on the same day; nobody reviews small talk."""
    found = []
    for answer in answers:
        looked_at = Random(f"review {seed} {answer.message.session_id} {answer.message.sent_at}").random() < REVIEWED_SHARE
        if looked_at and answer.message.kind != SMALL_TALK:
            rating, correction, comment = review(answer.message, answer.text)
            found.append(Review(answer.run_id, rating, correction, comment, answer.message.sent_at + REVIEWED_AFTER))
    return found
