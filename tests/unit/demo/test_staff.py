from __future__ import annotations

from datetime import date

import pytest

from demo.messages import SMALL_TALK, DeskMessage, messages
from demo.staff import Review, Staff, review

ASKED = DeskMessage("s", "u", "City, please.\nI live in Da Nang now.", "city", "Da Nang")


@pytest.mark.parametrize("answer", ["Da Nang", "da nang", "\n Da Nang \nuser\nmore", "Da Nang."])
def test_a_bare_value_in_the_first_line_is_right(answer: str) -> None:
    assert review(ASKED, answer).rating == 5
    assert review(ASKED, answer).correction is None


@pytest.mark.parametrize(
    ("answer", "rating"),
    [("The city is Da Nang.", 2), ("I see.\nDa Nang", 2), ("Hanoi", 1), ("", 1), ("Da", 1), ("Da Nang Street", 2)],
)
def test_anything_else_is_corrected_with_the_bare_value(answer: str, rating: int) -> None:
    found = review(ASKED, answer)

    assert (found.rating, found.correction) == (rating, "Da Nang")
    assert found.comment


def test_staff_look_at_most_answers_and_at_the_same_ones_every_time() -> None:
    day = messages(date(2026, 11, 20), 340)
    asked = [message for message in day if message.kind != SMALL_TALK]
    staff = Staff(day)
    said = [staff.react(message.text, "no idea") for message in asked]

    share = sum(one.rating is not None for one in said) / len(said)
    assert share == pytest.approx(0.85, abs=0.07)
    assert said == [Staff(day).react(message.text, "no idea") for message in asked]
    assert all(one.correction == message.expected for one, message in zip(said, asked, strict=True) if one.rating)


def test_nobody_reviews_small_talk() -> None:
    hello = DeskMessage("s", "u", "Hello!", SMALL_TALK, "")

    assert Staff([hello]).react("Hello!", "Hello! How can I help?") == Review()
