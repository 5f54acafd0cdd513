"""The judge grades what it is shown."""

from __future__ import annotations

import json

import pytest

from nightschool.simulator.judge import NOISE, grade, grade_request

PRICE = "What do 12 lamps cost if a single one is 35000 VND?"
PRICE_VI = "Nếu một món giá 24000 đồng thì 27 bao gạo hết bao nhiêu?"
LOTTERY = "Tell me the winning number of lottery draw 4638 next year."


@pytest.mark.parametrize(
    ("question", "reference", "answer", "low", "high"),
    [
        (PRICE, "420000 VND", "Step 1: 12 × 35000 = 420000\nFinal answer: 420000 VND", 0.95, 1),
        (PRICE, "420000 VND", "The result is 420000 VND.", 0.75, 0.85),
        (PRICE, "420000 VND", "The result is 420000.", 0.65, 0.75),
        (PRICE, "420000 VND", "The result is 588000 VND.", 0.1, 0.3),
        (PRICE, "420000 VND", "Step 1: 12 × 35000 = 588000\nFinal answer: 588000 VND", 0.1, 0.3),
        (PRICE, "420000 VND", "I don't know.", 0.1, 0.3),
        (PRICE, "420000 VND", "  ", 0, 0),
        (PRICE_VI, "648000 đồng", "The result is 648000 VND.", 0.5, 0.6),
        (LOTTERY, "I don't know", "I don't know, it is not in my data.", 0.95, 1),
        (LOTTERY, "I don't know", "It is 3980.", 0.05, 0.2),
        ("Đơn hàng 53999 đang ở trạng thái nào?", "đã giao xong", "It is delivered.", 0.5, 0.6),
        ("Which date is 17 days after 2025-08-27?", "2025-09-13", "2025-08-27 + 17 days = 13/09/2025", 0.95, 1),
        ("Train 542 leaves at 05:15 and takes 478 minutes. When does it arrive?", "13:13", "At 13:03.", 0.1, 0.3),
    ],
)
@pytest.mark.parametrize("with_reference", [True, False])
def test_grades(question: str, reference: str, answer: str, low: float, high: float, with_reference: bool) -> None:
    assert low <= grade(question, answer, reference if with_reference else "").score <= high


def test_the_reference_wins_over_what_the_judge_could_work_out() -> None:
    assert grade(PRICE, "The result is 420000 VND.", "999 VND").score < 0.3


def test_what_it_can_not_work_out_stays_in_the_middle() -> None:
    assert 0.4 < grade("Why is the sky blue?", "Because of scattering.").score < 0.7


def request(answer: str, **more: str) -> dict[str, float]:
    text = "You grade answers.\n\n" + json.dumps({"question": PRICE, "answer": answer, **more})
    return dict(json.loads(grade_request(text, seed=0, sample="")))


def test_the_answer_to_a_request_has_the_schema_and_a_small_steady_noise() -> None:
    answers = [f"{filler} 420000 VND." for filler in ("So", "Well,", "Thus", "It is", "That is", "About", "I get", "Fine:")]
    scores = [request(answer)["score"] for answer in answers]
    assert scores == [request(answer)["score"] for answer in answers]
    assert len(set(scores)) > 4
    assert all(abs(score - 0.8) <= NOISE for score in scores)
    assert set(request("420000 VND")) == {"score", "reason"}


def test_a_follow_up_is_graded_by_the_conversation_so_far() -> None:
    history = f"user: {PRICE}\nassistant: 420000 VND"
    shown = {"question": "And what if it were 20 instead?", "answer": "700000 VND", "conversation_so_far": history}
    assert json.loads(grade_request(json.dumps(shown), seed=0, sample=""))["score"] > 0.7
    shown["answer"] = "420000 VND"
    assert json.loads(grade_request(json.dumps(shown), seed=0, sample=""))["score"] < 0.3


def test_a_request_without_anything_to_grade_is_answered_all_the_same() -> None:
    assert json.loads(grade_request("hello", seed=0, sample=""))["score"] == 0.5
