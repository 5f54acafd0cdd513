"""What is noise and why; and what is not, however short it is."""

import json
from pathlib import Path

import pytest

from nightschool.dataset.connection import open_memory
from nightschool.dataset.noise import noise_reason, repeats_a_retry
from nightschool.dataset.normalisation import normalised
from nightschool.records import DataPolicy

REAL = (Path(__file__).parent / "labels" / "questions_by_language.tsv").read_text(encoding="utf-8").splitlines()
SHORT_BUT_REAL = [
    "giá?",
    "ok thế còn size L?",
    "refund?",
    "price?",
    "5+5",
    "còn không?",
    "có ship không",
    "được đổi không?",
    "ok giá bao nhiêu",
    "hi, giá?",
    "alo shop giá?",
    "chào shop, áo này bao nhiêu",
    "no refund?",
    "good price?",
    "yes it still fails",
    "No, the other order",
    "thanks, but where is it?",
    "ok but when is it here",
    "hay bị lỗi",
    "cháo",
    "ko vào đc",
    "rồi khi nào giao?",
    "What about refunds?",
    "And how do I reset my password?",
    "Continue my subscription",
    "retry my payment",
    "test của tôi bị lỗi",
    "tool results are missing",
    "Output is empty, why?",
    "Observation deck opening hours",
    "System: Windows 11, wifi fails",
    "[1, 2, 3] sort this",
    "[1, 2, 3]",
    '{"question": "where is my order?"}',
    'Why does this fail? {"error": "no such order"}',
    'Why? Traceback (most recent call last):\n  File "a.py", line 1\nValueError: x',
]
NOISE = {
    "greeting": ["hi", "Hello!!", "xin chào shop ạ", "chao shop", "alo", "shop ơi", "ad oi", "cho em hỏi chút ạ", "help me"],
    "thanks": ["Thank you so much! 🙏", "cảm ơn shop nhiều ạ", "thanks bạn nha", "tks shop", "e cảm ơn ạ", "thx!", "cam on"],
    "farewell": ["bye", "tạm biệt nhé", "have a nice day"],
    "acknowledgement": [
        "ok", "ok ạ", "oke nha", "dạ vâng ạ", "vg ạ", "uk", "ok r", "đc r", "dạ em hiểu rồi ạ", "haha", "hihi", "great, thanks",
        "got it, thanks!", "no problem", "oki cảm ơn ad", "ok cảm ơn bạn nhiều nha", "never mind", "yes please",
    ],
    "test message": ["test", "asdf", "test thử"],
    "emoji or punctuation only": ["👍", "...", "❤️❤️", "=))", "?"],
    "empty question": ["", "  \n "],
    "too short": ["a", "L?"],
    "too long": ["a" * 8001],
    "retry or continue": [
        "continue", "go on", "Tiếp tục đi", "thử lại", "retry", "Retry 2/3", "[system] retry", "[SYSTEM] Please continue",
        "(auto-retry) attempt 2", "<system> the previous run failed, resuming </system>",
    ],
    "tool echo": [
        '{"order_id": 63775, "status": "shipped"}',
        '[{"id": 1}, {"id": 2}]',
        "{'status': 'ok', 'rows': 3}",
        'Tool result: {"a": 1}',
        "tool_output: shipped",
        "[tool] get_order -> shipped",
        '<tool_response>{"a": 1}</tool_response>',
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    x()\nValueError: bad',
        "java.lang.NullPointerException: x\n\tat com.foo.Bar(Bar.java:12)\n\tat com.foo.Main(Main.java:3)",
    ],
    "makes no sense alone": [
        "and in Python?", "còn màu đỏ thì sao?", "what about the second one?", "why?", "được không ạ", "cái đó bao nhiêu?",
    ],
}  # fmt: skip


def reasons(questions, policy=None, **columns):
    """The reasons of turns that differ in their questions; enough real ones stand beside them."""
    values = {"history": "[]", "answer": "Yes.", "correction": None, "status": "COMPLETED"} | columns
    with open_memory(threads=1) as connection:
        connection.execute(
            f"CREATE TABLE given AS SELECT unnest(range(len($q))) AS turn, unnest($q)::VARCHAR AS question,"
            f" {', '.join(f'${name}::VARCHAR AS {name}' for name in values)}",
            {"q": [*questions, *SHORT_BUT_REAL * 5], **values},
        )
        connection.execute(f"CREATE TABLE turns AS SELECT *, {normalised('question')} AS key_text FROM given")
        query = f"SELECT {noise_reason(policy or DataPolicy())} FROM turns ORDER BY turn"
        return [row[0] for row in connection.execute(query).fetchall()][: len(questions)]


def test_a_real_question_stays_however_short():
    questions = [*SHORT_BUT_REAL, *(line.partition("\t")[2] for line in REAL)]
    found = zip(questions, reasons(questions), strict=True)
    assert {question: reason for question, reason in found if reason is not None} == {}


@pytest.mark.parametrize("reason", NOISE)
def test_noise_is_set_aside_with_its_reason(reason):
    assert dict(zip(NOISE[reason], reasons(NOISE[reason]), strict=True)) == dict.fromkeys(NOISE[reason], reason)


def test_a_follow_up_stays_where_its_context_does():
    history = json.dumps([{"role": "user", "content": "Áo thun giá bao nhiêu?"}])
    assert reasons(NOISE["makes no sense alone"], history=history) == [None] * len(NOISE["makes no sense alone"])
    assert reasons(["ok", "thanks"], history=history) == ["acknowledgement", "thanks"]


def test_an_agent_that_is_asked_in_json_is_not_echoed():
    events = [json.dumps({"alert": number, "status": "firing"}) for number in range(200)]
    assert set(reasons(events)) == {None}


def test_languages_that_are_not_wanted_are_set_aside_by_name():
    some = ["สินค้าอยู่ที่ไหนครับ", "где мой заказ?", "Where is my order?", "Đơn hàng đâu?"]
    assert reasons(some, DataPolicy(languages=("vi", "en"))) == ["another language: th", "another language: ru", None, None]
    assert reasons(some, DataPolicy(languages=("vi",)))[2:] == ["another language: en", None]
    assert reasons(some) == [None] * 4


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"status": "ERROR"}, "failed run"),
        ({"status": "CANCELLED"}, "cancelled run"),
        ({"status": "REGENERATED"}, "answered anew"),
        ({"status": "PAUSED"}, "unfinished run"),
        ({"answer": " "}, "no answer"),
        ({"answer": "", "correction": "42"}, None),
    ],
)
def test_runs_that_came_to_nothing_are_noise(columns, reason):
    assert reasons(["Where is my order?"], **columns) == [reason]


def test_of_a_systems_retries_one_stands():
    runs = [
        ("s1", "COMPLETED", None),
        ("s1", "ERROR", None),
        ("s1", "COMPLETED", None),  # a retry, but the question had its answer before
        ("s2", "ERROR", None),
        ("s2", "ERROR", None),
        ("s2", "COMPLETED", None),  # stands
        ("s2", "COMPLETED", None),
        ("s2", "COMPLETED", 5),  # a person said something of it
        ("s3", "COMPLETED", None),
        ("s3", "COMPLETED", None),  # asked twice, by a person
    ]
    with open_memory(threads=1) as connection:
        connection.execute(
            "CREATE TABLE turns (turn INT, session_id VARCHAR, status VARCHAR, rating INT, correction VARCHAR, key_text VARCHAR)"
        )
        connection.executemany(
            "INSERT INTO turns VALUES (?, ?, ?, ?, NULL, 'where is it')", [(n, *run) for n, run in enumerate(runs)]
        )
        found = connection.execute(f"SELECT turn FROM turns QUALIFY {repeats_a_retry()} ORDER BY turn").fetchall()
    assert [turn for (turn,) in found] == [2, 6]
