"""A prompt that has seen the exam: whole questions, questions in other words, and what is none."""

import pytest

from nightschool.dataset import quoted_examples
from nightschool.dataset.quoting import pieces_of
from nightschool.records import Example, NeighbourPolicy

ASKED = {
    "refund": "How long does a refund to my credit card take?",
    "password": "Làm sao để đổi mật khẩu tài khoản của tôi?",
    "order": "Where is order 48213?",
    "hello": "Hello!",
}
EXAMPLES = [Example(example_id=name, session_id=name, question=question) for name, question in ASKED.items()]


def quoted(prompt, **options):
    return quoted_examples(prompt, EXAMPLES, NeighbourPolicy(), **options)


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("Be brief.\nIf asked how long does a refund to my credit card take, say five days.", ("refund",)),
        ("Examples:\nUser: HOW LONG does a refund to my credit card take\nAssistant: Five days.", ("refund",)),
        ("- Q: Làm sao để đổi mật khẩu tài khoản của mình vậy ạ?\n- A: Vào Cài đặt.", ("password",)),
        ('When a user writes "where is order 48213?", look it up.', ("order",)),
        ("User: Hello\nAssistant: Good day!", ("hello",)),
        ("Where is order 48213? How long does a refund to my credit card take?", ("order", "refund")),
        ("You are our support desk. Say hello, then answer in one sentence.", ()),
        ("User: Where is order 11111?\nAssistant: On its way.", ()),
        ("Say how long a refund takes, and to which card it goes.", ()),
        ("", ()),
    ],
)
def test_what_a_prompt_quotes(prompt, found):
    assert quoted(prompt) == found


def test_other_words_are_looked_for_only_where_asked():
    prompt = "Q: Làm sao để đổi mật khẩu tài khoản của mình vậy ạ?"
    assert quoted(prompt, in_other_words=False) == ()
    assert quoted(f"{prompt}\n{ASKED['refund']}", in_other_words=False) == ("refund",)


def test_what_the_incumbent_says_too_is_no_quote_of_the_challenger():
    said = f"Users ask: {ASKED['refund']}\nAnswer in one line."
    assert quoted(f"{said}\nBe kind.", besides=said) == ()
    assert quoted(f"{said}\nUser: {ASKED['order']}", besides=said) == ("order",)
    assert quoted("User: Hello\nBe kind.", besides="User: Hello") == ()


def test_without_examples_nothing_is_quoted():
    assert quoted_examples("Hello!", [], NeighbourPolicy()) == ()


def test_a_prompt_falls_into_lines_sentences_and_what_stands_in_quotation_marks():
    assert pieces_of('1. **User:** Is it open? Today?\nSay “yes” or "no".') == [
        "Is it open? Today?",
        'Say “yes” or "no".',
        "Is it open?",
        "Today?",
        "yes",
        "no",
    ]
