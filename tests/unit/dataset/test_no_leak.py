"""No question stands in two sets, in whatever words: looked at by a re-clustering of our own, every pair compared."""

import random
import re
import unicodedata
from datetime import timedelta
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data_site import NOON, a_turn

FEW = settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
QUESTIONS = [
    "làm sao để đổi mật khẩu trên máy tính bảng",
    "phí giao nồi cơm điện đến đà nẵng là bao nhiêu",
    "đơn hàng 32826 của tôi đang ở đâu",
    "what is the price of the black running shoes",
    "where is my order 4711 from last monday",
    "how do i reset my password on the android phone",
    "can i exchange my jacket for a desk lamp",
    "write a python function for binary search",
]
POLITE = [("", ""), ("", ""), ("shop ơi ", ""), ("", " ạ"), ("please ", ""), ("", " thanks"), ("hi ", ""), ("", "?!")]
POLITE_WORDS = {"shop", "oi", "a", "please", "thanks", "hi"}


def said(question, rng):
    """The question as somebody else types it: politely, without accents, in capitals, with a slip."""
    before, after = rng.choice(POLITE)
    text = f"{before}{question}{after}"
    if rng.random() < 0.3:
        text = fold(text)
    if rng.random() < 0.2:
        text = text.upper()
    return text


def fold(text):
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def asks(text):
    """The words and numbers that say what is asked, in order."""
    return [word for word in re.findall(r"\w+", fold(text)) if word not in POLITE_WORDS]


@given(seed=st.integers(0, 10**6))
@FEW
def test_no_question_is_in_two_sets_over_all_nights_in_any_order(new_site, seed):
    site, rng, ever = new_site(), random.Random(seed), {"train": set(), "validation": set(), "held_out": set()}
    asked = [f"{rng.choice(QUESTIONS)} {rng.choice(['', rng.randrange(6)])}".strip() for _ in range(60)]
    rows = [
        a_turn(f"r{n}", said(text, rng), session_id=f"s{n // 2}", index=n % 2, created_at=NOON + timedelta(days=n // 15))
        for n, text in enumerate(asked)
    ]
    ledger = None
    for day in rng.sample(range(4), 4):
        made = site.prepare(rows[15 * max(0, day - 1) : 15 * (day + 1)], ledger=ledger)
        ledger = made.ledger
        for row in site.rows(made.examples):
            ever[row["set"]].add(row["question"])
    for one, other in (("train", "held_out"), ("train", "validation"), ("validation", "held_out")):
        same = [(a, b) for a, b in product(ever[one], ever[other]) if asks(a) == asks(b)]
        assert not same


def test_wordings_of_one_question_are_one_example_that_stands_for_all(site):
    rows = [
        a_turn("first", "Làm sao để đổi mật khẩu trên máy tính bảng?", rating=3),
        a_turn("polite", "Shop ơi làm sao để đổi mật khẩu trên máy tính bảng ạ", rating=5),
        a_turn("bare", "lam sao de doi mat khau tren may tinh bang", correction="Trong phần cài đặt."),
        a_turn("other", "Đơn hàng 32826 của tôi đang ở đâu?"),
        a_turn("another", "Đơn hàng 32827 của tôi đang ở đâu?"),
    ]
    audit = site.audit(rows)
    assert {run_id: outcome for run_id, (outcome, _) in audit.items()} == {
        "first": "near_duplicate",
        "polite": "near_duplicate",
        "bare": "kept",
        "other": "kept",
        "another": "kept",
    }
    assert audit["polite"][1] == (
        "the question of run bare in other words: “shop ơi làm sao để đổi mật khẩu trên máy tính bảng ạ”"
        " for “lam sao de doi mat khau tren may tinh bang”"
    )
    examples = site.examples(rows)
    assert examples["real_s-bare_msg_1"].frequency == 3


def test_a_new_wording_inherits_the_set_of_the_question_that_the_ledger_knows(site):
    before = site.prepare([a_turn(f"r{n}", question) for n, question in enumerate(QUESTIONS)])
    after = site.prepare([a_turn(f"n{n}", f"Hi {question} thanks") for n, question in enumerate(QUESTIONS)], ledger=before.ledger)

    def sets(made):
        return {row["run_id"][1:]: (row["set"], row["cluster_id"]) for row in site.rows(made.audit) if row["set"]}

    assert sets(after) == sets(before)


def test_what_is_scrubbed_reaches_no_file_and_is_counted(site):
    rows = [
        a_turn("r1", "My address is lan.nguyen@example-shop.vn, where is order 42?", answer="Sent to lan.nguyen@example-shop.vn")
    ]
    made = site.prepare(rows)
    card = site.store.read_json(made.card)
    assert card["scrubbed"]["email"]["values"] == 1
    (example,) = site.rows(made.examples)
    assert "lan.nguyen" not in f"{example} {site.rows(made.ledger)} {card}"
    assert "@" in example["question"]
