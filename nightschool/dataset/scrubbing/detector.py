"""How one kind of data is looked for: an expression that SQL can test too, and what is read from what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from nightschool.dataset.scrubbing.draws import Draws
from nightschool.dataset.scrubbing.windows import Windows
from nightschool.records import ScrubKind

Group = Literal["signs", "digits", "words", "marks"]
"""What detectors have in common, so that one test tells for several whether they may find anything in a text."""

STAYS = ""
NO_VALUE = "\\s\"'`\\\\\ufdd0\ufdd1⟨⟩"
"""Of a class in an expression: what no value holds, so that a replaced one leaves quotes and escapes where they are."""
AFTER_A_LINE_END = r"(?<=[\\\ufdd0][nrt])"
"""Looks behind: an escaped end of a line, as texts within JSON within JSON have it."""
WORD_START = rf"(?:(?<!\w)|{AFTER_A_LINE_END})"
_LOOK_AHEAD = 10
"""Characters that an expression may look at behind its window."""


def everywhere(text: str) -> tuple[tuple[int, int]]:
    """One window: the whole text."""
    return ((0, len(text)),)


@dataclass(frozen=True)
class Detector:
    """Finds one kind of data in a text.

    `core` is written in what Python's and RE2's expressions have in common, without looking around: where it matches
    nowhere, nothing is found, so that a database can pass over most texts. Its group `value`, or else the whole match, is
    what is replaced.

    Args:
        kind: what is found.
        group: with which others it is tested for.
        core: the expression itself.
        before: a Python expression that looks behind the beginning.
        after: a Python expression that looks ahead at the end, no further than ten characters.
        guard: an expression for RE2 that matches wherever `core` does, where `core` may span what JSON writes otherwise.
        windows: the parts of a text, from left to right, in which all matches begin and end.
        read: the value's normal form, which is the same however it is written; `STAYS` for what is one and stays as it is,
            like a surrogate; None for what only looks like one.
        write: the surrogate, in the form in which the value is written; None: only a placeholder will do.
    """

    kind: ScrubKind
    group: Group
    core: str
    read: Callable[[str], str | None]
    write: Callable[[str, str, Draws], str] | None = None
    before: str = ""
    after: str = ""
    guard: str = ""
    windows: Windows = everywhere

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The whole expression, for Python."""
        return re.compile(f"{self.before}(?:{self.core}){self.after}")

    @property
    def is_secret(self) -> bool:
        """Whether what is found opens something, and is not about a person."""
        return self.write is None

    @cached_property
    def _search(self) -> Callable[[str, int, int], re.Match[str] | None]:
        return self.expression.search

    @cached_property
    def _value(self) -> str | int:
        return "value" if "value" in self.expression.groupindex else 0

    def matches(self, text: str) -> Iterator[tuple[int, int, str]]:
        """What is found, from left to right: begin and end of the value, and its normal form or `STAYS`."""
        done = 0
        for start, stop in self.windows(text):
            place = max(start, done)
            while (found := self._search(text, place, stop + _LOOK_AHEAD)) is not None and found.start() < stop:
                begin, end = found.span(self._value)
                known_as = self.read(text[begin:end])
                if known_as is not None:
                    yield begin, end, known_as
                    done = end
                place = found.start() + 1 if known_as is None else end


def as_it_is(value: str) -> str | None:
    """The normal form of what can be written in one way only."""
    return value


def digits_of(value: str) -> str:
    """The ASCII digits of a text."""
    return value if value.isdecimal() and value.isascii() else "".join(filter(_is_digit, value))


def with_digits(value: str, digits: str) -> str:
    """The value with other digits, as many as it has; its separators stay where they are."""
    if len(value) == len(digits):
        return digits
    following = iter(digits)
    return "".join(next(following) if _is_digit(character) else character for character in value)


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"
