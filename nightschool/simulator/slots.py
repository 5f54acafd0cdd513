"""Slots: the places in a question's wording that a number, a phrase, a name, a date or a time stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Protocol

from nightschool.simulator.language import Language, Words, normalise

_NAMES = Words(
    "Anna Ben Carla David Emma Frank Grace Henry Ivy Jack Laura Mike Nina Oscar Paula Rose Sam Tina Victor Wendy",
    "An Bình Chi Dũng Giang Hà Hùng Khánh Lan Linh Mai Minh Nam Ngọc Phong Quân Thảo Trang Tuấn Yến",
)


class Slot(Protocol):
    """A place in a wording; its value is a whole number, however it is written."""

    def sample(self, rng: Random) -> int:
        """A fresh value."""

    def write(self, value: int, language: Language) -> str:
        """The value as it stands in a question."""

    def pattern(self, language: Language) -> str:
        """A regular expression, without groups, for all that `write` can give."""

    def read(self, text: str, language: Language) -> int:
        """The value that was written, from normalised text."""


@dataclass(frozen=True)
class Number:
    """A whole number from `low` to `high` in steps."""

    low: int
    high: int
    step: int = 1

    def sample(self, rng: Random) -> int:
        """Any of the steps, all alike."""
        return rng.randrange(self.low, self.high + 1, self.step)

    def write(self, value: int, language: Language) -> str:
        """Digits, without thousands separator."""
        return str(value)

    def pattern(self, language: Language) -> str:
        """One run of digits."""
        return r"\d+"

    def read(self, text: str, language: Language) -> int:
        """The digits' value."""
        return int(text)


@dataclass(frozen=True)
class Pick:
    """One of several phrases; the value is its position."""

    options: tuple[Words, ...]

    def sample(self, rng: Random) -> int:
        """Any position, all alike."""
        return rng.randrange(len(self.options))

    def write(self, value: int, language: Language) -> str:
        """The phrase at the position."""
        return self.options[value].in_language(language)

    def pattern(self, language: Language) -> str:
        """Any of the phrases, the longest first."""
        phrases = sorted((normalise(option.in_language(language)) for option in self.options), key=len, reverse=True)
        return "|".join(re.escape(phrase) for phrase in phrases)

    def read(self, text: str, language: Language) -> int:
        """The phrase's position."""
        return [normalise(option.in_language(language)) for option in self.options].index(text)


@dataclass(frozen=True)
class PersonName:
    """A first name; it never matters for the truth, so any word may stand for it (data may have been scrubbed)."""

    def sample(self, rng: Random) -> int:
        """The position of any name."""
        return rng.randrange(len(_NAMES.en.split()))

    def write(self, value: int, language: Language) -> str:
        """The name at the position."""
        return _NAMES.in_language(language).split()[value]

    def pattern(self, language: Language) -> str:
        """One to three words, or a placeholder."""
        return r"[^\d\s,.?!]+(?: [^\d\s,.?!]+){0,2}?"

    def read(self, text: str, language: Language) -> int:
        """Always the first name: which one it is never matters."""
        return 0


@dataclass(frozen=True)
class Day:
    """A date from 2025 to 2027, as its ordinal; ISO in English, day/month/year in Vietnamese."""

    def sample(self, rng: Random) -> int:
        """Any day, all alike."""
        return rng.randrange(date(2025, 1, 1).toordinal(), date(2027, 12, 31).toordinal())

    def write(self, value: int, language: Language) -> str:
        """Like 2026-03-07 or 07/03/2026."""
        return date.fromordinal(value).strftime("%Y-%m-%d" if language == "en" else "%d/%m/%Y")

    def pattern(self, language: Language) -> str:
        """The language's own order of day, month and year."""
        return r"\d{4}-\d\d-\d\d" if language == "en" else r"\d{1,2}/\d{1,2}/\d{4}"

    def read(self, text: str, language: Language) -> int:
        """The ordinal.

        Raises:
            ValueError: there is no such day, like 2026-02-31.
        """
        parts = [int(part) for part in re.split("[-/]", text)]
        year, month, day = parts if language == "en" else reversed(parts)
        return date(year, month, day).toordinal()


@dataclass(frozen=True)
class Clock:
    """A time of day in minutes since midnight, written like 08:40."""

    def sample(self, rng: Random) -> int:
        """Any minute of the day."""
        return rng.randrange(24 * 60)

    def write(self, value: int, language: Language) -> str:
        """Like 08:40."""
        return f"{value // 60:02d}:{value % 60:02d}"

    def pattern(self, language: Language) -> str:
        """Hours and minutes."""
        return r"\d\d:\d\d"

    def read(self, text: str, language: Language) -> int:
        """Minutes since midnight."""
        hours, minutes = text.split(":")
        return int(hours) * 60 + int(minutes)
