"""Accuracy against an expected answer: 1 or 0, by one of four comparisons."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Match = Literal["auto", "strict", "lenient", "numeric"]

_NUMBER = re.compile(r"[-+]?\d[\d.,  ]*\d|[-+]?\d")
_SURROUNDING = " \t\"'`*.。!"


def accuracy_of(answer: str, expected: str, match: Match, tolerance: float) -> float:
    """1.0 where the answer is right, else 0.0.

    Args:
        answer: what the agent said.
        expected: the expected answer.
        match: strict: the first line is the expected answer; lenient: the answer contains it; numeric: the last number
            of the answer is within `tolerance`; auto: numeric where the expected answer is a number with at most a unit,
            else lenient.
        tolerance: relative distance at which a number still counts as right.
    """
    if match == "strict":
        return strict_accuracy(answer, expected)
    if match == "numeric" or (match == "auto" and is_quantity(expected)):
        return _numeric_accuracy(answer, expected, tolerance)
    return lenient_accuracy(answer, expected)


def strict_accuracy(answer: str, expected: str) -> float:
    """1.0 where the first line that is not empty is the expected answer, but for case and the marks around it."""
    first = next((line for line in answer.splitlines() if line.strip()), "")
    return float(_folded(first) == _folded(expected))


def lenient_accuracy(answer: str, expected: str) -> float:
    """1.0 where the answer contains the expected answer as whole words."""
    wanted = re.escape(_folded(expected))
    return float(bool(wanted) and re.search(rf"(?<!\w){wanted}(?!\w)", _folded(answer)) is not None)


def is_quantity(text: str) -> bool:
    """Whether a text is one number with at most a unit of two words beside it."""
    numbers = _NUMBER.findall(text)
    return len(numbers) == 1 and len(_NUMBER.sub(" ", text).split()) <= 2


def last_number(text: str) -> float | None:
    """The last number of a text; None where it has none. Takes 1,234.5 and 1.234,5 alike."""
    found = _NUMBER.findall(text)
    return _to_float(found[-1]) if found else None


def _numeric_accuracy(answer: str, expected: str, tolerance: float) -> float:
    said, wanted = last_number(answer), last_number(expected)
    if said is None or wanted is None:
        return lenient_accuracy(answer, expected)
    return float(abs(said - wanted) <= tolerance * abs(wanted))


def _to_float(written: str) -> float:
    digits = re.sub(r"[  ]", "", written).strip(".,")
    decimal = _decimal_mark(digits)
    whole, _, fraction = digits.rpartition(decimal) if decimal else (digits, "", "")
    return float(re.sub(r"[.,]", "", whole) + ("." + fraction if fraction else ""))


def _decimal_mark(digits: str) -> str:
    """Which of `.` and `,` parts the decimals: the last of two kinds, or a lone one that does not part thousands."""
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return ""
    mark = digits[last]
    other = "," if mark == "." else "."
    if other in digits:
        return mark
    thousands = digits.count(mark) > 1 or (len(digits) - last - 1 == 3 and digits.lstrip("+-")[:last] != "0")
    return "" if thousands else mark


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split()).strip(_SURROUNDING)
