"""What a question of the simulated world is made of: wordings with slots, and a truth that follows from the slots."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from nightschool.simulator.language import Language, Words, normalise
from nightschool.simulator.slots import Number, Slot
from nightschool.simulator.truths import Truth

Difficulty = Literal["easy", "medium", "hard"]
Values = Mapping[str, int]

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, eq=False)
class Problem:
    """One kind of question: how it is put in either language, and what is true."""

    name: str
    domain: str
    difficulty: Difficulty
    wordings: tuple[Words, ...]
    slots: Mapping[str, Slot]
    solve: Callable[[Values], Truth]

    @cached_property
    def patterns(self) -> tuple[tuple[Language, re.Pattern[str]], ...]:
        """What recognises each wording in normalised text, whatever stands around it."""
        languages: tuple[Language, Language] = ("en", "vi")
        return tuple((language, self._pattern(words, language)) for words in self.wordings for language in languages)

    def _pattern(self, words: Words, language: Language) -> re.Pattern[str]:
        pieces = _SLOT.split(normalise(words.in_language(language)).rstrip("?.! "))
        seen: set[str] = set()
        for index in range(1, len(pieces), 2):
            name = pieces[index]
            pieces[index] = f"(?P={name})" if name in seen else f"(?P<{name}>{self.slots[name].pattern(language)})"
            seen.add(name)
        return re.compile("".join(piece if index % 2 else re.escape(piece) for index, piece in enumerate(pieces)))

    def ask(self, wording: int, values: Values, language: Language) -> str:
        """The question as a user types it."""
        written = {name: slot.write(values[name], language) for name, slot in self.slots.items()}
        return self.wordings[wording].in_language(language).format(**written)

    def recognise(self, text: str) -> Question | None:
        """The question in a normalised text, or None where it is not one of this kind."""
        for language, pattern in self.patterns:
            if match := pattern.search(text):
                try:
                    values = {name: self.slots[name].read(value, language) for name, value in match.groupdict().items()}
                except ValueError:
                    return None
                return Question(self, language, values, match.group())
        return None


@dataclass(frozen=True)
class Question:
    """A question that was understood."""

    problem: Problem
    language: Language
    values: Values = field(hash=False)
    text: str

    @cached_property
    def truth(self) -> Truth:
        """The right answer."""
        return self.problem.solve(self.values)

    @property
    def expected_answer(self) -> str:
        """The right answer as staff would write it, in the question's language."""
        return self.truth.text(self.language)

    def with_first_number(self, number: int) -> Question | None:
        """The same question with another number in its first slot for numbers, or None where it has none."""
        for name, slot in self.problem.slots.items():
            if isinstance(slot, Number):
                changed = {**self.values, name: number}
                return Question(self.problem, self.language, changed, f"{self.text} [{name}={number}]")
        return None
