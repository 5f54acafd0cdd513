"""Accuracy against an expected answer: 1 or 0, by one of four comparisons."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from nightschool.grading.numbers import is_quantity, last_number

Match = Literal["auto", "strict", "lenient", "numeric"]

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
    """1.0 where the answer begins with the expected answer as whole lines, but for case and the marks around it."""
    wanted, said = _lines(expected), _lines(answer)
    return float(bool(wanted) and said[: len(wanted)] == wanted)


def lenient_accuracy(answer: str, expected: str) -> float:
    """1.0 where the answer contains the expected answer as whole words; 8 is not contained in 1.8."""
    wanted = re.escape(_folded(expected))
    whole = rf"(?<!\w)(?<!\d[.,]){wanted}(?!\w|[.,]\d)"
    return float(bool(wanted) and re.search(whole, _folded(answer)) is not None)


def _numeric_accuracy(answer: str, expected: str, tolerance: float) -> float:
    said, wanted = last_number(answer), last_number(expected)
    if not said or not wanted:
        return lenient_accuracy(answer, expected)
    return float(any(abs(one - other) <= tolerance * abs(other) for one in said for other in wanted))


def _lines(text: str) -> list[str]:
    return [_folded(line) for line in text.splitlines() if line.strip()]


def _folded(text: str) -> str:
    """For comparison: composed, without case, single spaces, no marks around; a text of marks alone is kept."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    spaced = " ".join(folded.split())
    return spaced.strip(_SURROUNDING) or spaced
