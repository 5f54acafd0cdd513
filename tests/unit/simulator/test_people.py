"""The people: a day's sessions, and how staff react."""

from __future__ import annotations

import re
from datetime import date

from nightschool.simulator import conversations, react
from nightschool.simulator.language import language_of
from nightschool.simulator.world import understand

DAY = date(2026, 11, 20)
QUESTION = "What do 12 lamps cost if a single one is 35000 VND?"


def test_a_day_is_the_same_again_and_another_day_is_another() -> None:
    assert conversations(1, 50, DAY) == conversations(1, 50, DAY)
    assert conversations(1, 50, DAY) != conversations(2, 50, DAY)
    today = {message for session in conversations(1, 400, DAY) for message in session.messages if re.search(r"\d", message)}
    tomorrow = {m for session in conversations(1, 400, date(2026, 11, 21)) for m in session.messages if re.search(r"\d", m)}
    assert len(today & tomorrow) < 0.05 * len(today)


def test_a_day_of_430_sessions_leaves_over_100_for_the_exam() -> None:
    for seed in range(3):
        sessions = conversations(seed, 430, DAY)
        assert 450 <= sum(len(session.messages) for session in sessions) <= 620
        seen: set[tuple[str, ...]] = set()
        fresh = 0
        for session in sessions:
            asked = [m for position, m in enumerate(session.messages) if understand(session.messages[: position + 1])]
            # The same numbers mean a near-copy at worst; what shares none of them is surely another question.
            keys = {tuple(re.findall(r"\d+", message)) for message in asked}
            fresh += bool(keys - seen)
            seen |= keys
        assert 0.3 * fresh >= 100


def test_there_is_noise_repetition_and_follow_up() -> None:
    sessions = conversations(0, 430, DAY)
    messages = [message for session in sessions for message in session.messages]
    assert sum(not re.search(r"\d", message) for message in messages) > 30
    assert len(messages) - len({message.lower().strip(" ?.") for message in messages if len(message) > 12}) > 10
    assert any("instead" in message or "Thế nếu" in message for message in messages)
    assert max(len(session.messages) for session in sessions) == 3
    assert 80 < len({session.user_id for session in sessions}) < 300


def test_a_user_speaks_one_language() -> None:
    spoken: dict[str, set[str]] = {}
    for session in conversations(0, 300, DAY):
        asked = {language_of(m) for m in session.messages if len(m) > 30 and understand([m])}
        spoken.setdefault(session.user_id, set()).update(asked)
    assert all(len(languages) <= 1 for languages in spoken.values())
    assert {"en", "vi"} <= {language for languages in spoken.values() for language in languages}


def test_staff_rate_most_answers_and_correct_most_wrong_ones() -> None:
    wrong = [react(QUESTION, f"It comes to {number} VND.") for number in range(1000, 1400)]
    right = [react(QUESTION, f"Well, number {number}: 420000 VND.") for number in range(400)]
    rated = [reaction for reaction in wrong + right if reaction.rating is not None]
    assert 0.68 < len(rated) / 800 < 0.82
    assert {r.rating for r in right if r.rating} == {4, 5}
    assert {r.rating for r in wrong if r.rating} == {1, 2}
    corrected = [r for r in wrong if r.correction is not None]
    assert {r.correction for r in corrected} == {"420000 VND"}
    assert len(corrected) > 0.8 * sum(r.rating is not None for r in wrong)
    assert not any(r.correction for r in right)


def test_the_right_answer_in_the_wrong_language_is_middling() -> None:
    ratings = {react(QUESTION, f"Kết quả là {420000} đồng{'.' * dots}").rating for dots in range(20)}
    assert ratings == {3, None}


def test_nobody_rates_small_talk() -> None:
    assert all(react("cảm ơn", f"Không có gì {number}").rating is None for number in range(30))


def test_a_follow_up_is_judged_by_what_was_asked_before() -> None:
    answers = [f"{number}. So 700000 VND." for number in range(20)]
    ratings = {react("And what if it were 20 instead?", answer, earlier=[QUESTION]).rating for answer in answers}
    assert ratings <= {4, 5, None}
    assert ratings != {None}
