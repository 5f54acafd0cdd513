"""What a proposed prompt must be like before a rollout is paid for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from difflib import SequenceMatcher

from nightschool.errors import ConfigError
from nightschool.llm.tokens import CONTROL_TOKEN, estimate_tokens

NEAR_COPY = 0.985
"""Prompts whose words are in so large a part the same, in the same order, are one."""
_PLACEHOLDER = re.compile(r"\{\{\s*[A-Za-z_][\w.]*\s*\}\}|(?<!\{)\{[A-Za-z_][\w.]*\}(?!\})|\$\{[A-Za-z_]\w*\}")
"""What templates fill in: {name}, {{ name }}, ${name}. JSON has quotes or spaces behind its braces."""
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
"""Control characters, marks of writing direction, letters without a width: they hide what a prompt says from its readers."""


class Acceptance:
    """Judges the proposals of one search by their text alone.

    Args:
        seed: the prompt that the search starts from.
        max_tokens: by estimate; a longer seed may stay as long as it is.
        locked: text that must stand in every prompt, verbatim; empty: none.
        refuse: says in a few words what else speaks against a text; empty: nothing. Asked last.

    Raises:
        ConfigError: where the seed does not have the locked text.
    """

    def __init__(self, seed: str, *, max_tokens: int, locked: str = "", refuse: Callable[[str], str] = lambda _: "") -> None:
        if locked not in seed:
            raise ConfigError(
                "the prompt that the search starts from does not have the locked text (prompt.locked)",
                next_step="Adopt a prompt that has it word for word, or correct prompt.locked.",
            )
        self._placeholders = placeholders_of(seed)
        self._controls = set(_CONTROL.findall(seed))
        self._tokens = set(CONTROL_TOKEN.findall(seed))
        self._max_tokens = max(max_tokens, estimate_tokens(seed))
        self._locked = locked
        self._refuse = refuse

    def refusal(self, text: str, known: Collection[str]) -> str:
        """Why a proposal is not worth a rollout, in a few words; empty where it is.

        Args:
            text: the proposed prompt.
            known: the texts of all prompts of the search so far.
        """
        if not text.strip():
            return "empty"
        if text in known:
            return "seen before"
        if self._locked not in text:
            return "changes the locked text"
        if placeholders_of(text) != self._placeholders:
            return "drops or invents a placeholder"
        if hidden := self._hidden(text):
            return hidden
        if estimate_tokens(text) > self._max_tokens:
            return "too long"
        if any(is_near_copy(text, other) for other in known):
            return "a near copy"
        return self._refuse(text)

    def _hidden(self, text: str) -> str:
        """What is in a text that nobody sees, or that a server reads as something else; empty: nothing but the seed's."""
        if not self._controls.issuperset(_CONTROL.findall(text)):
            return "has invisible characters"
        return "" if self._tokens.issuperset(CONTROL_TOKEN.findall(text)) else "has control tokens"


def placeholders_of(text: str) -> frozenset[str]:
    """The names that a template would fill in, with their brackets, spaces taken out."""
    return frozenset(re.sub(r"\s", "", found) for found in _PLACEHOLDER.findall(text))


def is_near_copy(one: str, other: str) -> bool:
    """Whether two prompts have the same words in the same order, but for very few; numbers must be the same ones."""
    words, others = one.casefold().split(), other.casefold().split()
    if words == others:
        return True
    if _numbers(words) != _numbers(others):
        return False
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    return matcher.real_quick_ratio() >= NEAR_COPY and matcher.quick_ratio() >= NEAR_COPY and matcher.ratio() >= NEAR_COPY


def _numbers(words: list[str]) -> list[str]:
    return [word for word in words if any(character.isdigit() for character in word)]
