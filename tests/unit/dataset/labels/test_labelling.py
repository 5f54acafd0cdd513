"""What the rules say of a question, and how another labeller takes their place."""

import pytest

from nightschool.dataset.connection import open_memory
from nightschool.dataset.labels import Labels, Unlabelled, add_labels, load_labeller
from nightschool.errors import ConfigError
from nightschool.records import DataPolicy

CATEGORIES = {
    "math": [
        "What is 15 % of 80?",
        "Solve x^2 - 5x + 6 = 0",
        "12 * 7",
        "124 + 99 = ?",
        "Tính diện tích hình tròn bán kính 5",
        "giai phuong trinh bac hai",
        "If 3 workers build a wall in 12 days, how long do 6 workers need?",
        "Một xe chạy 60 km/h trong 2 giờ, hỏi đi được bao xa",
    ],
    "code_generation": [
        "Write a Python function that sorts a list",
        "viet ham tinh tong trong python",
        "for i in range(10): print(i)",
        "SELECT * FROM users WHERE id = 1 chạy chậm quá, tối ưu sao?",
        "npm install fails",
        "how to parse json in python",
        "Viết câu lệnh SQL lấy top 10 khách hàng",
    ],
    "reasoning": [
        "Compare the iPhone 15 and the Samsung S24",
        "so sánh iPhone 15 và Samsung S24",
        "Tôi nên chọn gói Basic hay Pro?",
        "Anna is taller than Ben, Ben is taller than Carl. Who is the tallest?",
        "What are the pros and cons of remote work?",
    ],
    "question_answer": [
        "Who wrote Hamlet?",
        "What is the capital of France?",
        "thủ đô của nước Pháp là gì",
        "định nghĩa machine learning",
        "What does NATO stand for?",
    ],
    "support": [
        "Where is my order?",
        "giá?",
        "refund?",
        "What is your return policy?",
        "Đơn hàng của tôi bao giờ tới?",
        "My phone is 090-123-4567, call me",
        "My order of 12/03/2026 has not arrived",
        "Is the shop open 24/7?",
        "I ordered 2 shirts, order 63775, how much is the refund?",
        "khoá học Python giá bao nhiêu",
        "what's the weather in Hanoi tomorrow?",
    ],
}


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_question_has_the_category_of_its_cues(labelled, category):
    found = labelled(*CATEGORIES[category], policy=DataPolicy(task_type="support"))
    assert {question: row["category"] for question, row in found.items()} == dict.fromkeys(CATEGORIES[category], category)


def test_what_takes_reasoning_is_marked(labelled):
    some = ["What is 15 % of 80?", "Why was my order cancelled?", "Tại sao đơn của tôi bị huỷ?", "Where is my order?", "giá?"]
    assert [row["requires_reasoning"] for row in labelled(*some).values()] == [True, True, True, False, False]


def test_difficulty_grows_with_what_has_to_be_done(labelled):
    short = "Where is my order?"
    long = (
        "I ordered 2 shirts on 3/4 and 3 hats on 5/4, then I changed the address, but if the hats are late I want a refund "
        "for them, and also tell me why the shirts cost 20 % more than before; finally, what do I have to pay?"
    )
    calls = '[{"name": "a"}, {"name": "b"}, {"name": "c"}]'
    messages = "[" + ", ".join(['{"role": "user", "content": "x"}'] * 8) + "]"
    assert labelled(short)[short]["difficulty"] == "easy"
    assert labelled(long)[long]["difficulty"] == "hard"
    assert labelled(short, tool_calls=calls, history=messages)[short]["difficulty"] == "medium"


def test_a_table_keeps_its_other_columns_and_the_order_of_its_rows():
    with open_memory() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT range AS n, 'q ' || range AS question, '[]' AS history, '[]' AS tool_calls FROM range(5000)"
        )
        add_labels(connection, "t", DataPolicy())
        assert [row[0] for row in connection.execute("SELECT n FROM t").fetchall()] == list(range(5000))
        names = [row[0] for row in connection.execute("DESCRIBE t").fetchall()]
        assert sorted(names) == sorted(
            ["n", "question", "history", "tool_calls", "category", "difficulty", "language", "requires_reasoning"]
        )


class OneSided:
    """Knows shoes only; keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def label(self, questions):
        self.asked += questions
        return [Labels(category="shoes", difficulty="hard") if "shoe" in one.question else None for one in questions]


def test_a_labeller_takes_the_rules_place_where_it_has_something_to_say(labelled):
    labeller = OneSided()
    history = '[{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}]'
    found = labelled("giá?", "shoes?", "shoes?", labeller=labeller, history=history)
    assert found["giá?"]["category"] == "conversation"
    assert (found["shoes?"]["category"], found["shoes?"]["difficulty"], found["shoes?"]["language"]) == ("shoes", "hard", "en")
    assert labeller.asked == [Unlabelled(question=text, context=("user: hello", "assistant: hi")) for text in ("giá?", "shoes?")]


def test_a_sites_own_labeller_is_found_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "our_labels.py").write_text(
        "class Ours:\n    def label(self, questions):\n        return [None for _ in questions]\n\nours = Ours()\nnone = 3\n"
    )
    monkeypatch.chdir(tmp_path)
    assert load_labeller("our_labels:Ours").label([Unlabelled(question="a")]) == [None]
    assert load_labeller("our_labels:ours").label([]) == []
    for name in ("our_labels:none", "our_labels:gone", "no_such_module:x", "rule"):
        with pytest.raises(ConfigError, match=r"data\.labeller"):
            load_labeller(name)
