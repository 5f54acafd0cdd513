"""The incumbent's own words give facts and nothing else: who sounds like them gains nothing."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.grading import accuracy_of, reference_of
from nightschool.grading.judge import judge_messages
from nightschool.grading.references import is_fact
from nightschool.records import Example, GradingPolicy

STYLES = [
    "{}",
    "{}.",
    "The answer is {}.",
    "Sure! I am glad to help: it is {}.",
    "**{}**",
    "Dạ, kết quả là {} ạ.",
]


def rated(answer: str) -> Example:
    return Example(example_id="e", session_id="s", question="Which one?", expected_answer=answer, origin="rated")


@pytest.mark.parametrize(
    "answer",
    [
        "42",
        "420.000 đ",
        "8 km",
        "refund",
        "Refund.",
        "in transit",
        "Hà Nội",
        "Ho Chi Minh City",
        "A-1742",
        "yes",
        "2026-03-07",
        "IT",
        "happy",
    ],
)
def test_a_fact_is_a_reference(answer):
    assert reference_of(rated(answer)) == answer


@pytest.mark.parametrize(
    "answer",
    [
        "It is on its way.",
        "Sure thing!",
        "Of course!",
        "No problem",
        "Sure! 42",
        "Certainly!",
        "It is 42.",
        "Dạ được ạ",
        "Đơn hàng của bạn đang được giao ạ.",
        "Done, you can try again",
        "Which order?",
        "Refund\nbecause it broke",
        "We will check it and let you know.",
        "the parcel was lost by the carrier",
    ],
)
def test_wording_is_no_reference(answer):
    assert reference_of(rated(answer)) is None


@pytest.mark.parametrize("origin", ["correction", "curated"])
def test_what_a_person_wrote_is_a_reference_as_it_is(origin):
    example = rated("It is on its way.").model_copy(update={"origin": origin})
    assert reference_of(example) == "It is on its way."


@pytest.mark.parametrize("fact", ["42", "420000 VND", "refund", "Hà Nội"])
def test_the_incumbents_style_is_worth_no_more_than_another(fact):
    reference = reference_of(rated(fact))
    assert reference is not None
    assert {accuracy_of(style.format(fact), reference, "auto", 0.0) for style in STYLES} == {1.0}
    assert {accuracy_of(style.format("something else"), reference, "auto", 0.0) for style in STYLES} == {0.0}


WORDS = ["we", "will", "check", "your", "order", "and", "refund", "it", "the", "parcel", "bạn", "đơn", "hàng", "đã", "giao"]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=7)


@given(SENTENCES.map(" ".join))
@settings(deadline=None)
def test_the_judge_never_sees_the_incumbents_wording(sentence):
    example = rated(sentence)
    asked = [judge_messages(GradingPolicy(), example, "an answer", reference_of(example))]
    asked.append(judge_messages(GradingPolicy(), example.model_copy(update={"expected_answer": None}), "an answer", None))
    assert not is_fact(sentence)
    assert asked[0] == asked[1]
    assert "reference" not in json.loads(asked[0][-1]["content"])
