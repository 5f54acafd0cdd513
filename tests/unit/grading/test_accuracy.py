"""Right or wrong: whatever the case, the spaces and the way a number is written, but never on the wrong number."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nightschool.grading import lenient_accuracy, strict_accuracy
from nightschool.grading.accuracy import accuracy_of
from nightschool.grading.numbers import is_quantity, last_number

LETTERS = "abcxyzABCXYZ đĐàÀạẠâÂấẤơƠợỢưƯỹỸéñüßøç0123456789 ,.-'!?\n"
TEXTS = st.text(LETTERS, min_size=1).filter(str.strip)
MATCHES = st.sampled_from(["auto", "strict", "lenient", "numeric"])


@given(TEXTS, MATCHES)
@example("!", "strict")
@example("Two\n\nlines.", "strict")
@settings(deadline=None)
def test_an_answer_equals_itself(text, match):
    assert accuracy_of(text, text, match, 0.0) == 1


@given(
    TEXTS, st.sampled_from(["strict", "lenient"]), st.sampled_from(["NFC", "NFD"]), st.sampled_from([str.upper, str.lower, str])
)
@settings(deadline=None)
def test_case_spaces_and_composition_do_not_matter(text, match, form, case):
    written = unicodedata.normalize(form, case(text))
    spaced = "\n".join(f" {line.replace(' ', '   ')}\t" for line in written.splitlines())
    assert accuracy_of(spaced, text, match, 0.0) == 1
    assert accuracy_of(text, spaced, match, 0.0) == 1


@given(TEXTS, TEXTS, MATCHES, st.floats(0, 1))
@settings(deadline=None)
def test_accuracy_is_0_or_1(answer, expected, match, tolerance):
    assert accuracy_of(answer, expected, match, tolerance) in (0.0, 1.0)


@pytest.mark.parametrize(
    ("answer", "expected", "accuracy"),
    [
        ("Refund", "refund", 1),
        ("**Refund.**", "refund", 1),
        ("\n\n`refund`\nBecause it broke.", "refund", 1),
        ("Đã giao", "đã giao", 1),
        ("The category is refund.", "refund", 0),
        ("refunds", "refund", 0),
        ("", "refund", 0),
        (" \n ", "refund", 0),
        ("one\ntwo\nthree", "one\ntwo", 1),
        ("two\none", "one\ntwo", 0),
    ],
)
def test_strict_wants_the_value_first(answer, expected, accuracy):
    assert strict_accuracy(answer, expected) == accuracy


@pytest.mark.parametrize(
    ("answer", "expected", "accuracy"),
    [
        ("The category is REFUND, I think.", "refund", 1),
        ("We refunded it.", "refund", 0),
        ("It is 18 km.", "8 km", 0),
        ("It is 1.8 km.", "8 km", 0),
        ("It is 8.5", "8", 0),
        ("It is 8. Sure.", "8", 1),
        ("ana@example.com wrote", "ana@example.com", 1),
        ("xana@example.com wrote", "ana@example.com", 0),
        ("a.b", "a+b", 0),
        ("", "refund", 0),
    ],
)
def test_lenient_wants_the_value_as_whole_words(answer, expected, accuracy):
    assert lenient_accuracy(answer, expected) == accuracy


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1,234.5", {1234.5}),
        ("1.234,5", {1234.5}),
        ("1 234", {1234}),
        ("1 234,5", {1234.5}),
        ("1\u00a0234", {1234}),
        ("1\u202f234\u202f567", {1234567}),
        ("1,234,567", {1234567}),
        ("1.234.567", {1234567}),
        ("1,234", {1234, 1.234}),
        ("35.000 đồng", {35000, 35}),
        ("0.125", {0.125}),
        ("0,125", {0.125}),
        ("3.14159", {3.14159}),
        ("12345.678", {12345.678}),
        ("-5", {-5}),
        ("−5", {-5}),
        ("+5 °C", {5}),
        ("$12.50", {12.5}),
        ("12.50€", {12.5}),
        ("8km", {8}),
        ("about 6.02e23 of them", {6.02e23}),
        ("in 2024, 15 items", {15}),
        ("1, 2, 3", {3}),
        ("(42)", {42}),
        ("**42**.", {42}),
        ("x=42", {42}),
        ("12 × 35000 = 420000", {420000}),
        ("none", set()),
        ("order A-17", set()),
        ("ORD63775", set()),
        ("#63775", set()),
        ("2026-03-07", set()),
        ("12:30", set()),
        ("7/3/2026", set()),
        ("v2.0", set()),
        ("", set()),
    ],
)
def test_numbers_are_read_as_people_write_them(written, meant):
    assert last_number(written) == meant


@given(st.decimals(-(10**12), 10**12, places=2))
@settings(deadline=None)
def test_every_way_of_writing_a_number_is_that_number(number):
    english = f"{number:,.2f}"
    vietnamese = english.translate(str.maketrans(",.", ".,"))
    spaced = english.replace(",", " ")
    for written in (english, vietnamese, spaced, f"{number:.2f}"):
        assert float(number) in last_number(f"The sum is {written} VND.")
        assert accuracy_of(f"The sum is {written} VND.", f"{english} VND", "auto", 0.0) == 1


@pytest.mark.parametrize(
    ("answer", "expected", "accuracy"),
    [
        ("It takes 8 km", "8 km", 1),
        ("It takes 18 km", "8 km", 0),
        ("110", "100", 1),
        ("111", "100", 0),
        ("90", "100", 1),
        ("89", "100", 0),
        ("-100", "100", 0),
        ("-95", "-100", 1),
        ("0", "0", 1),
        ("0.001", "0", 0),
        ("First 5, then 100 VND", "100 VND", 1),
        ("I don't know", "100", 0),
        ("", "100", 0),
    ],
)
def test_a_quantity_is_compared_by_its_last_number(answer, expected, accuracy):
    assert accuracy_of(answer, expected, "auto", 0.1) == accuracy


@pytest.mark.parametrize(
    ("answer", "expected"), [("A-18", "A-17"), ("#63776", "#63775"), ("2026-03-08", "2026-03-07"), ("12:31", "12:30")]
)
def test_a_code_or_a_date_is_not_right_by_being_near(answer, expected):
    assert accuracy_of(expected, expected, "auto", 0.1) == 1
    assert accuracy_of(answer, expected, "auto", 0.1) == 0


@pytest.mark.parametrize("text", ["8", "8 km", "35.000 VND", "$5", "-2.5 °C", "12 square metres", "5%", "420 000 đồng"])
def test_a_number_with_its_unit_is_a_quantity(text):
    assert is_quantity(text)


@pytest.mark.parametrize(
    "text", ["", "refund", "A-17", "2026-03-07", "12:30", "8 to 10", "room 4 on floor", "order 17 is late", "#5", "v2", "10-12"]
)
def test_a_sentence_a_code_or_a_date_is_none(text):
    assert not is_quantity(text)
