"""What is everybody's: values that stand in the agent's own system message, or that the settings allow."""

from __future__ import annotations

from collections.abc import Collection

from nightschool.dataset.scrubbing.detector import Detector, digits_of
from nightschool.dataset.scrubbing.detectors import DETECTORS


class Public:
    """Knows which values stay.

    Args:
        texts: whose personal data are public; a secret in them is a secret still.
        allowed: values that stay, of whatever kind; `@shop.vn` allows all addresses of a domain.
    """

    def __init__(self, texts: Collection[str], allowed: Collection[str]) -> None:
        self._domains = tuple(entry.casefold() for entry in allowed if entry.startswith("@"))
        self._personal = {value for text in texts for value in _values(text, secrets=False)}
        self._values = self._personal | {value for entry in allowed for value in _values(entry, secrets=True)}
        self._values |= {form for entry in allowed for form in (entry, entry.casefold(), digits_of(entry)) if form}

    def holds(self, detector: Detector, known_as: str) -> bool:
        """Whether this value stays."""
        if detector.kind == "email" and self._domains and known_as.endswith(self._domains):
            return True
        return known_as in self._values

    def holds_name(self, name: str) -> bool:
        """Whether this name stays."""
        return name.casefold() in self._values


def _values(text: str, *, secrets: bool) -> set[str]:
    return {
        known_as
        for detector in DETECTORS
        if (secrets or not detector.is_secret)
        for _, _, known_as in detector.matches(text)
        if known_as
    }


def personal_values(text: str) -> set[str]:
    """The personal data in a text, as they are written."""
    return {
        text[begin:end]
        for detector in DETECTORS
        if not detector.is_secret
        for begin, end, known_as in detector.matches(text)
        if known_as
    }
