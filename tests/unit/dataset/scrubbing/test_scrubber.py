"""Scrubbing single conversations: what goes, what stays, and what stays the same."""

import ipaddress
import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.dataset.scrubbing import Scrubber
from nightschool.dataset.scrubbing.addresses import EMAIL, IPV4
from nightschool.dataset.scrubbing.detector import STAYS
from nightschool.dataset.scrubbing.draws import Draws
from nightschool.dataset.scrubbing.identities import CARD, CCCD, IBAN, iban_digits, luhn_digit
from nightschool.dataset.scrubbing.phones import PHONE
from nightschool.records import ScrubPolicy
from tests.unit.dataset.scrubbing import values

KEY = "k" * 64

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
HARMLESS = [
    "order 12345",
    "đơn 12345678",
    "#20261121",
    "2026-11-21",
    "21.11.2026 10:30",
    "01-02-2026 10:30",
    "2026-01-02T03:04:05",
    "99.000.000 đ",
    "hotline 1900 1234",
    "8 km in 33 h",
    "DH0912345678",
    "10.762622, 106.660172",
    "scikit, sk-learn and https://shop.vn/@nobody",
    "Mật khẩu là gì? The password is wrong. Token: abcdefghijklmnop",
    "-----BEGIN CERTIFICATE-----",
    "version 1.2.3.4 at 127.0.0.1, mask 255.255.255.0",
    "My name is Anna Brown.",
]
SECRETS = [
    "sk-proj-abcDEF1234567890abcd",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY\n-----END EC PRIVATE KEY-----",
]
FRAGMENTS = [
    *PHONES,
    *HARMLESS,
    *SECRETS,
    *["An.Le+1@shop.vn", "postgres://me:pass1@db/x", "password is hunter22", "api_key: Zx81kk29Qmnb71vv", "cccd", "ssn "],
    *["4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "079099012345", "123-45-6789", "93.184.216.34", "2a00:1450::200e"],
    *["Nguyễn Văn An", "tôi là ", "anh ", "name: ", "⟨API_KEY_1⟩", "⟨", " ", ", ", "-", ".", "+", "0", "@", "a", ":"],
    *["\n", '"', "\\", "\\n", "/"],
]  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text("0123456789", max_size=12) | st.text(max_size=8), max_size=8).map("".join)
modes = st.sampled_from(["surrogates", "placeholders"])


def scrubbed(*given_texts, key=KEY, public=(), **policy):
    return Scrubber(key, ScrubPolicy(**policy), public).scrub(given_texts)[0]


@given(texts, texts, modes)
@settings(max_examples=100, deadline=None)
def test_scrubbing_once_more_changes_nothing(question, answer, mode):
    once = scrubbed(question, answer, mode=mode)
    assert scrubbed(*once, mode=mode) == once
    assert all(bool(made) == bool(text) for made, text in zip(once, (question, answer), strict=True))


values_of_json = st.recursive(
    texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=6,
)


@given(st.lists(values_of_json), modes, st.booleans())
@settings(max_examples=30, deadline=None)
def test_json_stays_json_and_scrubbing_it_once_more_changes_nothing(value, mode, ascii_only):
    [once] = scrubbed(json.dumps(value, ensure_ascii=ascii_only), mode=mode)
    json.loads(once)
    assert scrubbed(once, mode=mode) == [once]


def test_what_json_holds_is_found_and_what_it_is_made_of_stays():
    result = json.dumps({"customer_name": "Trần Thị Bình", "note": "a\nan.le@shop.vn", "password": "letmein"}, ensure_ascii=False)
    calls = [{"name": "lookup", "arguments": {"phone": 84912345678, "cccd": 123456789012}, "result": result, "failed": False}]
    [made] = scrubbed(json.dumps(calls, ensure_ascii=False))
    [call] = json.loads(made)
    assert (call["name"], call["failed"]) == ("lookup", False)
    assert call["arguments"]["phone"] != 84912345678
    assert str(call["arguments"]["cccd"]) != "123456789012"
    inner = json.loads(call["result"])
    assert re.fullmatch(r"a\nuser-[a-z]{10}@example\.com", inner["note"])
    assert inner["password"] == "⟨PASSWORD_1⟩"
    assert re.fullmatch(r"X\w+ X\w+ X\w+", inner["customer_name"])


@pytest.mark.parametrize("phone", PHONES)
def test_a_number_keeps_its_form(phone):
    [made] = scrubbed(f"Call {phone}, please")
    assert phone not in made
    assert re.sub(r"\d", "9", made) == re.sub(r"\d", "9", f"Call {phone}, please")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_personal_data_stays(text):
    assert scrubbed(text) == [text]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_becomes_a_placeholder(secret):
    [made] = scrubbed(f"use {secret} now")
    assert re.fullmatch(r"use ⟨[A-Z_]+_1⟩ now", made)


def test_a_urls_password_becomes_a_placeholder_and_its_host_stays():
    assert scrubbed("postgres://me:p@ss@db.shop.vn:5432/x") == ["postgres://⟨URL_LOGIN_1⟩@db.shop.vn:5432/x"]


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "203.0.113.9", "192.168.1.10", "10.0.0.5", "172.16.4.200", "2a00:1450::200e"]
)
def test_an_address_becomes_one_that_is_routed_nowhere(address):
    [made] = scrubbed(f"my ip is {address}.")
    assert address not in made
    assert not ipaddress.ip_address(made.removeprefix("my ip is ").removesuffix(".")).is_global


def test_ids_have_valid_check_digits_and_stand_for_nobody():
    [made] = scrubbed("card 4111 1111 1111 1111 iban DE89370400440532013000 ip 93.184.216.34 cccd 079099012345")
    _, a, b, c, d, _, iban, _, ip, _, cccd = made.split()
    card = a + b + c + d
    assert card[:4] == "9999"
    assert luhn_digit(card[:-1]) == card[-1]
    assert iban[2:4] == iban_digits("DE", iban[4:])
    assert ipaddress.ip_address(ip).is_reserved
    assert len(cccd) == 12
    assert cccd[3] in "0123"


def test_the_same_value_is_the_same_everywhere_however_it_is_written():
    question, history, answer = scrubbed(
        "Tôi là Nguyễn Văn An, 0912 345 678, An.Le@shop.vn, thẻ 4111 1111 1111 1111",
        json.dumps([{"role": "user", "content": "gọi +84 912.345.678"}, {"role": "assistant", "content": "Chào anh An!"}]),
        "Dạ NGUYỄN VĂN AN: 0912345678, an.le@shop.vn, 4111111111111111",
    )
    own = re.search(r", 0([\d ]+),", question)[1].replace(" ", "")
    assert own in answer
    assert own in json.loads(history)[0]["content"].replace(".", "").replace(" ", "")
    assert re.findall(r"user-\w+", question) == re.findall(r"user-\w+", answer)
    assert re.search(r"9999[\d ]+", question)[0].replace(" ", "") in answer
    full = re.search("là (X.*?),", question)[1]
    assert full.upper() in answer
    assert json.loads(history)[1]["content"] == f"Chào anh {full.split()[-1]}!"


def test_a_name_is_found_again_behind_a_title_in_capitals_and_at_an_escaped_end_of_a_line():
    said = [{"role": "user", "content": "chị Trần Thị Bình ơi,\nTRẦN THỊ BÌNH và\nchị Bình; Bìnhx, Bình"}]
    for separators in ((",", ":"), (", ", ": ")):
        history, made = scrubbed(
            json.dumps(said, ensure_ascii=False, separators=separators), "Tôi là Trần Thị Bình, sđt 0912345678"
        )
        name = re.search("là (X.*?),", made)[1]
        last = name.split()[-1]
        assert json.loads(history)[0]["content"] == f"chị {name} ơi,\n{name.upper()} và\nchị {last}; Bìnhx, Bình"


def test_secrets_are_numbered_within_a_conversation():
    question, answer = scrubbed("sk-abcdefgh12345678ijkl", "⟨API_KEY_4⟩ sk-abcdefgh12345678ijkl AKIAIOSFODNN7EXAMPLE")
    assert question == "⟨API_KEY_5⟩"
    assert answer == "⟨API_KEY_4⟩ ⟨API_KEY_5⟩ ⟨API_KEY_6⟩"


def test_another_key_makes_other_surrogates():
    assert scrubbed("an.le@shop.vn 0912345678") != scrubbed("an.le@shop.vn 0912345678", key="other")


@pytest.mark.parametrize(("detector", "count"), [(EMAIL, 20_000), (CARD, 10_000), (IBAN, 5_000), (PHONE, 20_000)])
def test_no_two_of_many_values_share_a_surrogate(detector, count):
    _assert_no_two_meet(detector, count, most=0)


@pytest.mark.parametrize(("detector", "count"), [(CCCD, 10_000), (IPV4, 10_000)])
def test_hardly_two_of_many_values_share_a_surrogate_where_few_can_be_had(detector, count):
    _assert_no_two_meet(detector, count, most=5)


def _assert_no_two_meet(detector, count, most):
    rng = random.Random(3)
    draws = Draws(KEY)
    mobile = lambda: rng.choice(values.PREFIXES) + values.digits(rng, 7)  # noqa: E731 - a maker like the others
    make = mobile if detector is PHONE else lambda: values.MAKERS[detector.kind](rng).replace(" ", "")
    known = {detector.read(value): value for value in (make() for _ in range(count))}
    surrogates = {detector.write(value, known_as, draws) for known_as, value in known.items()}
    assert len(known) - len(surrogates) <= most
    assert not surrogates & set(known.values())
    assert {detector.read(surrogate) for surrogate in surrogates} == {STAYS}


def test_what_is_public_or_allowed_stays():
    public = ["You are the shop's agent. Hotline 0909 123 123, key sk-abcdefgh12345678ijkl."]
    text = "0909123123, 0912345678, a@shop.vn, help@other.vn, sk-abcdefgh12345678ijkl"
    made = scrubbed(text, public=public, allowed=["@shop.vn", "0912 345 678"])[0]
    assert made.startswith("0909123123, 0912345678, a@shop.vn, user-")
    assert made.endswith("⟨API_KEY_1⟩")


def test_modes_kinds_and_a_sites_own_patterns():
    text = "0912345678 a@b.vn KH-123456"
    assert scrubbed(text, mode="off") == [text]
    assert scrubbed(text, mode="placeholders", patterns=[r"KH-\d{6}"]) == ["⟨PHONE_1⟩ ⟨EMAIL_1⟩ ⟨CUSTOM_1⟩"]
    assert scrubbed(text, kinds=["phone"])[0].endswith(" a@b.vn KH-123456")


@pytest.mark.parametrize("pattern", ["(", "x*"])
def test_a_pattern_that_can_not_be_used_is_refused(pattern):
    with pytest.raises(ValueError, match=r"expression|empty text"):
        ScrubPolicy(patterns=[pattern])
