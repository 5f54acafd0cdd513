"""Questions that make no sense alone, and what they are about."""

import json

import pytest

from nightschool.dataset.connection import open_memory
from nightschool.dataset.labels import follow_up, question_in_context
from nightschool.records import Message
from tests.data_site import NOON, a_turn

FOLLOW_UPS = [
    "and in Python?",
    "And for Hanoi?",
    "what about the second one?",
    "How about in red?",
    "And what if it were 12 instead?",
    "Why?",
    "are you sure?",
    "which one?",
    "tell me more please",
    "can you translate it to French?",
    "make it shorter",
    "the second one",
    "63775",
    "same for size L",
    "còn màu đỏ thì sao?",
    "con mau do thi sao",
    "vậy còn cái thứ hai thì sao ạ?",
    "Thế nếu là 12 thì sao?",
    "thế còn cái kia?",
    "cái đó bao nhiêu?",
    "tại sao vậy?",
    "đúng không?",
    "còn gì nữa không?",
    "giải thích thêm",
    "chi tiết hơn",
    "cho ví dụ",
    "dịch sang tiếng Anh",
]
COMPLETE = [
    "giá?",
    "ok thế còn size L?",
    "còn hàng không?",
    "còn bảo hành thì mấy năm",
    "What about refunds?",
    "And how do I reset my password?",
    "how much is shipping",
    "Why was I charged twice?",
    "where are you located",
    "translate hello to French",
    "explain recursion",
    "rewrite this email: dear sir, I am ill",
    "Tại sao đơn của tôi bị huỷ?",
    "nếu tôi đổi size thì mất phí bao nhiêu",
    "dịch câu này sang tiếng Anh: tôi đi học",
    "cho em xin ví dụ về vòng lặp for",
    "khi nào giao hàng?",
    "ai là tổng thống Mỹ?",
    "thế nào là lập trình hướng đối tượng",
]


def test_a_follow_up_makes_no_sense_alone(sql):
    assert [text for text, is_one in zip(FOLLOW_UPS, sql(follow_up, *FOLLOW_UPS), strict=True) if not is_one] == []


def test_what_names_its_subject_makes_sense_alone(sql, questions_by_language):
    some = [*COMPLETE, *(question for _, question in questions_by_language)]
    assert [text for text, is_one in zip(some, sql(follow_up, *some), strict=True) if is_one] == []


def in_context(question, *said):
    messages = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]
    with open_memory(threads=1) as connection:
        query = f"SELECT {question_in_context('q', 'h')} FROM (SELECT ?::VARCHAR AS q, ?::VARCHAR AS h)"
        return connection.execute(query, [question, json.dumps(messages, ensure_ascii=False)]).fetchone()[0]


@pytest.mark.parametrize(
    ("question", "said", "asked"),
    [
        ("còn màu đỏ thì sao?", ["Áo này giá bao nhiêu?", "200k"], "Áo này giá bao nhiêu?\ncòn màu đỏ thì sao?"),
        ("and in Python?", ["How do I sort in Java?", "So.", "Why?", "Because."], "How do I sort in Java?\nand in Python?"),
        ("Why?", ["why", "No idea."], "why\nWhy?"),
        ("Why?", [], "Why?"),
        ("Where is my order?", ["Do you ship?", "Yes."], "Where is my order?"),
    ],
)
def test_a_follow_up_asks_what_was_asked_before_it(question, said, asked):
    assert in_context(question, *said) == asked


def test_follow_ups_are_equal_where_what_they_follow_is(site):
    def turn(name, before):
        return a_turn(name, "còn màu đỏ thì sao?", history=(Message(role="user", content=before),), created_at=NOON)

    shirts, shirts_again, shoes = (
        turn("r1", "Áo thun giá bao nhiêu?"),
        turn("r2", "áo thun giá bao nhiêu"),
        turn("r3", "Giày thể thao nam có bảo hành không?"),
    )
    audit = site.audit([shirts, shirts_again, shoes, a_turn("r4", "còn màu đỏ thì sao?")])
    assert audit["r1"][0] == "kept"
    # Another question, and so no duplicate; but the same words stand in one set only.
    assert audit["r3"] in (("kept", ""), ("excluded", "a follow-up in the words of one of another set"))
    assert audit["r2"] == ("duplicate", "the same question as run r1")
    assert audit["r4"] == ("noise", "makes no sense alone")
