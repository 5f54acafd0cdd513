"""Truths of the simulated world: a number with its unit, a date, a time, a label, or that nobody can know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from nightschool.simulator.language import DONT_KNOW, Language, Words, number_text

Kind = Literal["number", "date", "time", "label", "unknown"]

NO_UNIT = Words("", "")
_WRONG_FACTORS = (0.55, 0.7, 0.8, 1.25, 1.4, 1.6, 2.0)
_LOST_UNIT_FACTORS = (0.001, 0.01, 0.1, 10.0, 100.0, 1000.0)
_WRONG_DAYS = (-30, -7, -2, -1, 1, 2, 3, 7, 31)
_WRONG_MINUTES = (-60, -45, -10, 10, 30, 60, 100)


@dataclass(frozen=True)
class Truth:
    """An answer that can be checked.

    `value` is a number, a date's ordinal, minutes since midnight or a label's position. `work` is how one gets there,
    line by line; its last line ends with a number's value. `expression` is what a calculator would be asked.
    """

    kind: Kind
    value: float = 0
    unit: Words = NO_UNIT
    labels: tuple[Words, ...] = ()
    work: tuple[Words, ...] = ()
    expression: str = ""

    def text(self, language: Language) -> str:
        """The answer as staff write it, like `45 km`, `2026-03-07`, `complaint` or `I don't know`."""
        unit = self.unit.in_language(language)
        return f"{self.bare(language)} {unit}" if unit else self.bare(language)

    def bare(self, language: Language) -> str:
        """The answer without its unit."""
        if self.kind == "number":
            return number_text(self.value)
        if self.kind == "date":
            return date.fromordinal(int(self.value)).strftime("%Y-%m-%d" if language == "en" else "%d/%m/%Y")
        if self.kind == "time":
            return f"{int(self.value) // 60:02d}:{int(self.value) % 60:02d}"
        if self.kind == "label":
            return self.labels[int(self.value)].in_language(language)
        return DONT_KNOW.in_language(language)

    def mistaken(self, chance: float) -> Truth:
        """A plausible wrong answer; numbers are wrong by 20 % or more. `chance` in [0, 1) says which."""
        if self.kind == "number":
            return replace(self, value=_scaled(self.value, _pick(_WRONG_FACTORS, chance)))
        if self.kind == "date":
            return replace(self, value=self.value + _pick(_WRONG_DAYS, chance))
        if self.kind == "time":
            return replace(self, value=(self.value + _pick(_WRONG_MINUTES, chance)) % (24 * 60))
        if self.kind == "label":
            others = tuple(position for position in range(len(self.labels)) if position != self.value)
            return replace(self, value=_pick(others, chance))
        return self

    def in_a_wrong_unit(self, chance: float) -> Truth:
        """The number as it comes out where nobody minded the unit: orders of magnitude away."""
        return replace(self, value=_scaled(self.value, _pick(_LOST_UNIT_FACTORS, chance)))


def _pick(options: tuple[float, ...], chance: float) -> float:
    return options[int(chance * len(options))]


def _scaled(value: float, factor: float) -> float:
    if value == 0:
        return float(round(factor * 10) or 1)
    scaled = value * factor
    if float(value).is_integer() and factor > 0.5:
        return float(round(scaled)) if round(scaled) != value else value + 1
    # Two decimals are all that is ever written; a smaller number would read as 0.
    return round(scaled, 2) or value * 10


def number(value: float, unit: Words, work: tuple[str, ...], expression: str, labels: tuple[Words, ...] = ()) -> Truth:
    """A number with its unit; the lines of `work` are formulas, which read alike in both languages."""
    return Truth("number", round(value, 2), unit, labels, tuple(Words(line, line) for line in work), expression)


def label(position: int, labels: tuple[Words, ...], reason: Words) -> Truth:
    """One of the labels, with what speaks for it (which must not name any label)."""
    return Truth("label", position, labels=labels, work=(reason,))


def day(ordinal: int, work: Words) -> Truth:
    """A date."""
    return Truth("date", ordinal, work=(work,))


def time_of_day(minutes: int, work: Words) -> Truth:
    """A time of day."""
    return Truth("time", minutes % (24 * 60), work=(work,))


UNKNOWN = Truth(
    "unknown",
    work=(Words("This is not in anything that I was given", "Điều này không có trong dữ liệu được cung cấp"),),
)
