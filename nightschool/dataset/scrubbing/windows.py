"""Where in a text to look: around what is found fast."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

Windows = Callable[[str], Sequence[tuple[int, int]]]
"""The parts of a text, from left to right, in which something may be."""

DIGIT_GAP = "[ .()\u00a0-]{0,2}"
"""An expression for what may stand between two digits of a number."""
FEWEST_DIGITS = 9
"""Of any number that is looked for by its digits."""
_LONG_NUMBER = re.compile(f"[0-9](?:{DIGIT_GAP}[0-9]){{{FEWEST_DIGITS - 1},}}")
_PREFIX = 2
"""A plus or a bracket before the first digit."""
_LONGEST_NAME = 64
"""Characters before the @ of an address (RFC 5321, 4.5.3.1.1)."""
_NO_SPACE = re.compile(r"\S*")


def long_numbers(fewest: int, between: str = "") -> Windows:
    """Where so many digits or more may follow each other with no more than two separators between any two.

    Args:
        fewest: digits.
        between: a sign that stands somewhere between them; empty: none must.
    """
    return lambda text: [
        (start, end)
        for start, end in _long_numbers(text)
        if end - start >= fewest and (not between or between in text[start:end])
    ]


@lru_cache(maxsize=1)
def _long_numbers(text: str) -> list[tuple[int, int]]:
    return [(max(0, found.start() - _PREFIX), found.end()) for found in _LONG_NUMBER.finditer(text)]


def around_at_signs(text: str) -> list[tuple[int, int]]:
    """The words that hold an @."""
    windows = []
    place = text.find("@")
    while place >= 0:
        end = _NO_SPACE.match(text, place).end()  # type: ignore[union-attr]  # it matches anything
        windows.append((max(text.rfind(" ", 0, place) + 1, place - _LONGEST_NAME), end))
        place = text.find("@", end)
    return windows


def from_each(pattern: str, longest: int) -> Windows:
    """Windows that begin where an expression does, `longest` characters each."""
    expression = re.compile(pattern)
    return lambda text: [(found.start(), found.start() + longest) for found in expression.finditer(text)]


def where_any(*marks: str) -> Windows:
    """The whole text, if it holds one of the marks."""
    return lambda text: ((0, len(text)),) if any(mark in text for mark in marks) else ()


def where_any_word(words: str, *stems: str) -> Windows:
    """The whole text, if an expression for words matches; each of the words holds one of the stems."""
    expression = re.compile(words)

    @lru_cache(maxsize=1)
    def windows(text: str) -> tuple[tuple[int, int], ...]:
        lowered = text.lower()
        found = any(stem in lowered for stem in stems) and expression.search(text)
        return ((0, len(text)),) if found else ()

    return windows
