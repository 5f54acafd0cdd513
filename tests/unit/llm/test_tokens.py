"""About how many tokens a text has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.llm.tokens import CONTROL_TOKEN, MESSAGE_TOKENS, estimate_tokens, tokens_of, without_control_tokens


@given(st.text(), st.text())
def test_an_estimate_adds_up_and_grows_with_the_text(one, other):
    together, apart = estimate_tokens(one + other), estimate_tokens(one) + estimate_tokens(other)
    assert max(estimate_tokens(one), estimate_tokens(other)) <= together <= apart <= together + 1


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abcdef", 2), ("2026", 4), ("NB-1234", 5), ("đã", 2), ("订单", 2), ("\ud800", 1)],
)
def test_three_bytes_or_one_digit_are_a_token(text, tokens):
    assert estimate_tokens(text) == tokens


def test_a_chat_is_its_texts_and_a_frame_around_each():
    assert tokens_of([{"role": "system", "content": "abcdef"}, {"role": "user", "content": "7"}]) == 2 + 1 + 2 * MESSAGE_TOKENS


@given(st.text(alphabet="<|>ax "))
def test_no_control_token_is_left_and_text_without_any_stays(text):
    cleaned = without_control_tokens(text)
    assert not CONTROL_TOKEN.search(cleaned)
    assert cleaned == text or CONTROL_TOKEN.search(text)


def test_control_tokens_within_each_other_are_no_work_for_hours():
    assert without_control_tokens("Hi." + "<|a" * 50_000 + "|>" * 50_000).startswith("Hi.")
