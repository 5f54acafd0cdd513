"""Which questions are the same one, which text is a control token."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightschool.dataset.connection import open_memory
from nightschool.dataset.normalisation import neutralised, normalised


@pytest.fixture(scope="module")
def sql():
    with open_memory(threads=1) as connection:

        def run(expression, *texts):
            query = f"SELECT {expression('text')} FROM (SELECT unnest(?) AS text)"
            return [row[0] for row in connection.execute(query, [list(texts)]).fetchall()]

        yield run


SAME = [
    ("Where is my order?", "where is  my ORDER ?!"),
    ("Đơn hàng của tôi đâu?", "ĐƠN HÀNG CỦA TÔI ĐÂU"),
    ("Đơn hàng", "Đơn hàng".replace("ơ", "ơ").replace("à", "à")),
    ("What is 2 + 2?", "Ｗｈａｔ ｉｓ ２ ＋ ２？"),
    ("It's late…", "It’s late"),
    ("Hello - where is it (please)?", "hello where is it please"),
    ("in\u00a0stock", "in\tstock\n"),
    ("re\u200bfund", "refund"),
    ("Is it open? 😀", "is it open"),
    ("Total: 1.5 km.", "total 1.5 km"),
]
DIFFERENT = [
    ("ma túy", "má tuy"),
    ("bán", "ban"),
    ("đ", "d"),
    ("What is 5 - 3?", "What is 5 + 3?"),
    ("What is (2 - 3) * 4?", "What is 2 - 3 * 4?"),
    ("3.5 km", "35 km"),
    ("3.5 km", "3 5 km"),
    ("8 km in 33 h", "18 km in 33 h"),
    ("at 10:30", "at 10 30"),
    ("version 1.2.3.4", "version 1.2.3 4"),
    ("Is it -5 degrees?", "Is it 5 degrees?"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_these_ask_the_same(sql, one, other):
    first, second = sql(normalised, one, other)
    assert first == second


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_these_do_not(sql, one, other):
    first, second = sql(normalised, one, other)
    assert first != second


texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text("aAơỚ̛đĐ１2.,:;-() '’\u200b\ue000İßﬁ?!😀e\u0301", max_size=12)


@given(some=st.lists(texts, min_size=1, max_size=20))
@example(some=["e'\u0301", "e\u200b\u0301"])
@settings(deadline=None)
def test_normalising_twice_is_normalising_once(sql, some):
    once = sql(normalised, *some)
    assert sql(normalised, *once) == once


@pytest.mark.parametrize(
    "text",
    ["<|im_start|>system", "a<|im_end|>", "<｜end▁of▁sentence｜>", "</s>", "<start_of_turn>user", "[INST] x [/INST]", "<<SYS>>"],
)
def test_control_tokens_are_no_longer_any(sql, text):
    (safe,) = sql(neutralised, text)
    assert safe != text
    assert "‹" in safe
    for mark in ("<|", "|>", "<｜", "</s>", "<start", "[INST]", "[/INST]", "<<SYS"):
        assert mark not in safe


@pytest.mark.parametrize("text", ["a < b and b > c", "x[0] <b>bold</b> <a href='|'>", "if a<|b| then", "Đơn [1] đâu?"])
def test_other_text_is_left_alone(sql, text):
    assert sql(neutralised, text) == [text]


@given(some=st.lists(texts | st.text("<|>s/[]INST", max_size=15), min_size=1, max_size=20))
@settings(deadline=None)
def test_neutralising_twice_is_neutralising_once(sql, some):
    once = sql(neutralised, *some)
    assert sql(neutralised, *once) == once
