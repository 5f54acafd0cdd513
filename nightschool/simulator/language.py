"""The two languages of the simulated world, and the few phrases that everybody in it shares."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

Language = Literal["en", "vi"]


class Words(NamedTuple):
    """One phrase in both languages."""

    en: str
    vi: str

    def in_language(self, language: Language) -> str:
        """The phrase in one of the languages."""
        return self.en if language == "en" else self.vi


DONT_KNOW = Words("I don't know", "Tôi không biết")

_VIETNAMESE_LETTER = re.compile(r"[àáãâăèéêìíĩòóõôơùúũưýđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_ADMITS_IGNORANCE = re.compile(r"\b(do not|don['’]t|cannot|can['’]t) know\b|\bkhông (thể )?biết\b|\bno way (for me )?to know\b")


def normalise(text: str) -> str:
    """Composed, lower-case, with single spaces and plain apostrophes: what phrases are looked for in."""
    return " ".join(unicodedata.normalize("NFC", text).lower().replace("’", "'").split())


def language_of(text: str) -> Language:
    """Vietnamese if a letter with a mark occurs, which English has not; else English."""
    return "vi" if _VIETNAMESE_LETTER.search(unicodedata.normalize("NFC", text).lower()) else "en"


def reads_as(text: str, language: Language) -> bool:
    """Whether a reader of the language is at home in a text; one bare value, like `45 km`, is at home anywhere."""
    return len(_WORD.findall(text)) < 2 or language_of(text) == language


def other(language: Language) -> Language:
    """The other one of the two languages."""
    return "vi" if language == "en" else "en"


def admits_ignorance(text: str) -> bool:
    """Whether a text says that its author does not know."""
    return bool(_ADMITS_IGNORANCE.search(normalise(text)))


def number_text(value: float) -> str:
    """A number as people in this world write it: no thousands separator, at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
