"""Surrogates: personal data goes, what a conversation is about stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.dataset.surrogates import Surrogates

KEY = b"k" * 16

PHONES = [
    "0912345678",
    "0912 345 678",
    "0912.345.678",
    "(024) 3825 1234",
    "09 12 34 56 78",
    "+84 912 345 678",
    "+84912345678",
    "84912345678",
    "0084 912 345 678",
    "+84 (0)912 345 678",
    "+1 (415) 555-2671",
    "(415) 555-2671",
    "+44 20 7946 0958",
    "+353 1 234 5678",
]
STAYS = [
    "order 12345",
    "đơn 12345678",
    "#20261121",
    "2026-11-21",
    "21.11.2026 10:30",
    "01-02-2026 10:30",
    "2026-01-02T03:04:05",
    "01/02/2026",
    "99.000.000 đ",
    "hotline 1900 1234",
    "write to help@example.com or a.b@shop.example",
    "scikit, sk-learn and https://example.com/@nobody",
]
SECRETS = [
    "sk-proj-abcDEF1234567890abcd",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
]

digits = st.text("0123456789", min_size=1, max_size=12)
texts = st.lists(
    st.sampled_from(
        [*PHONES, *STAYS, *SECRETS, "An.Le+1@shop.vn", "postgres://me:pass@db/x", " ", ", ", "-", ".", "+", "0", "@", "a"]
    )
    | digits
    | st.text(max_size=8),
    max_size=8,
).map("".join)


def replaced(text, key=KEY):
    return Surrogates(key).replace(text)


@given(texts, texts)
def test_replacing_once_more_changes_nothing(question, answer):
    surrogates = Surrogates(KEY)
    once = [surrogates.replace(question), surrogates.replace(answer)]
    assert [surrogates.replace(text) for text in once] == once


@given(st.from_regex(r"[a-z][a-z0-9.]{0,20}@[a-z]{2,10}\.(vn|com|org)", fullmatch=True).filter(lambda a: "@example." not in a))
def test_an_address_is_another_one_at_example_com(address):
    found = re.fullmatch(r"Ask (user-[a-z]{8}@example\.com) now\.", replaced(f"Ask {address} now."))
    assert found
    assert address not in found[1]


@given(st.sampled_from(["0", "+84 ", "+84", "0084"]), st.from_regex(r"[35789]\d{8}", fullmatch=True).filter(str.isascii))
def test_a_number_keeps_its_prefix_and_length_and_has_no_subscriber(prefix, number):
    made = replaced(f"Call {prefix}{number}!").removeprefix("Call ").removesuffix("!")
    assert made.startswith(f"{prefix}000")
    assert len(made) == len(prefix + number)
    assert number not in made


@pytest.mark.parametrize("phone", PHONES)
def test_a_number_keeps_its_form(phone):
    made = replaced(f"Call {phone}, please")
    assert phone not in made
    assert re.sub(r"\d", "9", made) == re.sub(r"\d", "9", f"Call {phone}, please")


@given(digits.filter(lambda d: 5 <= len(d) <= 8), st.dates())
def test_an_order_and_a_date_stay_as_they_are(order, day):
    for text in (f"Order {order} of {day}", f"đơn {order}, {day:%d/%m/%Y} {day:%d.%m.%Y}", f"{day:%d-%m-%Y 10:30} #{order}"):
        assert replaced(text) == text


@pytest.mark.parametrize("text", STAYS)
def test_what_is_no_personal_data_stays(text):
    assert replaced(text) == text


def test_the_same_value_has_the_same_surrogate_in_question_and_answer():
    surrogates = Surrogates(KEY)
    question = surrogates.replace("I am An.Le@shop.vn, 0912 345 678, key sk-abcdefgh12345678ijkl")
    answer = surrogates.replace("Noted: an.le@shop.vn, +84 912 345 678, sk-abcdefgh12345678ijkl and AKIAIOSFODNN7EXAMPLE")
    assert re.findall(r"user-\w+", question) == re.findall(r"user-\w+", answer)
    assert re.search(r", 0(000? ?[\d ]+),", question)[1].replace(" ", "") == re.search(r"\+84 ([\d ]+),", answer)[1].replace(
        " ", ""
    )
    assert "⟨API_KEY_1⟩" in question
    assert answer.endswith("⟨API_KEY_1⟩ and ⟨API_KEY_2⟩")


def test_another_key_makes_other_surrogates():
    assert replaced("an.le@shop.vn 0912345678") != replaced("an.le@shop.vn 0912345678", b"other")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_credential_becomes_a_placeholder(secret):
    assert replaced(f"use {secret} now") == "use ⟨API_KEY_1⟩ now"


def test_a_urls_password_becomes_a_placeholder_and_its_host_stays():
    assert replaced("postgres://me:pa-ss@db.shop.vn:5432/x") == "postgres://⟨API_KEY_1⟩@db.shop.vn:5432/x"
