from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import duckdb
import pytest

from demo.messages import SHARES, SMALL_TALK, DeskMessage, messages, sessions

DAY = date(2026, 11, 20)
COUNT = 340


def asked(day: date) -> list[DeskMessage]:
    return [message for message in messages(day, COUNT) if message.kind != SMALL_TALK]


def test_a_day_is_the_same_every_time_and_another_day_or_seed_is_new() -> None:
    assert messages(DAY, COUNT) == messages(DAY, COUNT)
    texts = {message.text for message in asked(DAY)}
    assert not texts & {message.text for message in asked(DAY + timedelta(days=1))}
    assert messages(DAY, COUNT) != messages(DAY, COUNT, seed=1)


def test_every_message_holds_its_value_once_and_no_part_is_left_open() -> None:
    for message in asked(DAY):
        mail = message.text.split("\n", 1)[1]
        assert mail.count(message.expected) == 1
        assert "{" not in message.text


def test_every_kind_is_asked_for_about_as_often_as_its_share() -> None:
    found = Counter(message.kind for message in asked(DAY))
    total = sum(SHARES.values())

    assert set(found) == set(SHARES)
    for kind, share in SHARES.items():
        assert found[kind] / COUNT == pytest.approx(share / total, abs=0.08)


def test_there_is_a_little_noise() -> None:
    drawn = messages(DAY, COUNT)

    assert 5 <= sum(message.kind == SMALL_TALK for message in drawn) <= 30
    assert 3 <= len(asked(DAY)) - len({message.text for message in asked(DAY)}) <= 25


@pytest.mark.parametrize("count", [1, 2, 7, COUNT])
def test_sessions_hold_one_to_three_messages_of_one_person(count: int) -> None:
    drawn = messages(DAY, count)
    held = sessions(drawn)

    assert len(drawn) == count
    assert [text for session in held for text in session.messages] == [message.text for message in drawn]
    assert {len(session.messages) for session in held} <= {1, 2, 3}
    assert len({session.session_id for session in held}) == len(held)


def test_a_day_has_sessions_of_many_people() -> None:
    held = sessions(messages(DAY, COUNT))

    assert len(held) >= 200
    assert len({session.user_id for session in held}) >= 100


@pytest.mark.parametrize("day", [DAY, DAY + timedelta(days=1)])
def test_few_messages_are_near_copies_of_each_other(day: date) -> None:
    """By brute force: the same digit runs, and a Levenshtein distance of at most 22 % of the text."""
    texts = sorted({message.text for message in asked(day)})
    rows = [(number, text.lower(), "|".join(re.findall(r"\d+", text))) for number, text in enumerate(texts)]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE texts (number INT, text VARCHAR, digits VARCHAR)")
        connection.executemany("INSERT INTO texts VALUES (?, ?, ?)", rows)
        near = connection.execute(
            "SELECT count(*) FROM texts a JOIN texts b ON a.number < b.number AND a.digits = b.digits "
            "WHERE levenshtein(a.text, b.text) <= 0.22 * greatest(length(a.text), length(b.text))"
        ).fetchone()

    assert near is not None
    assert near[0] <= 0.03 * len(texts)
