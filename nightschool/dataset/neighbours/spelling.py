"""Vietnamese spelling: words that differ by their marks alone.

"Bàn", "bán" and "bạn" are three words; "ban" is any of them, typed without marks. "Hoà" and "hòa" are one word in two
orthographies, and hook and tilde are one tone for half of the country's speakers, who write the one for the other.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from nightschool.dataset.connection import quoted
from nightschool.dataset.neighbours.folding import folded, words

# Combining marks: grave, acute, hook and tilde (taken for one), dot below.
_TONES: Final = {"\u0300": "1", "\u0301": "2", "\u0309": "3", "\u0303": "3", "\u0323": "4"}
_VOWELS: Final = "aăâeêioôơuưy"


def _toned() -> tuple[str, str, str]:
    """Vowels with a tone; the same without it; the tones as digits."""
    pairs = [(vowel, mark) for vowel in _VOWELS for mark in _TONES]
    composed = "".join(unicodedata.normalize("NFC", vowel + mark) for vowel, mark in pairs)
    return composed, "".join(vowel for vowel, _ in pairs), "".join(_TONES[mark] for _, mark in pairs)


_TONED, _TONELESS, _MARKS = _toned()


def marked_words(text: str) -> str:
    """SQL: the words of a text that have marks, each as `spelling/plain`; a list."""
    letters = f"translate({text}, {quoted(_TONED)}, {quoted(_TONELESS)})"
    # Digits of the text itself have no counterpart in the translation and fall out.
    tones = f"regexp_replace(translate({text}, {quoted(_TONED + '0123456789')}, {quoted(_MARKS)}), '[^1-4 ]', '', 'g')"
    spelled = f"list_zip({words(letters)}, {words(tones)}, {words(folded(text))})"
    marked = f"list_filter({spelled}, lambda w: w[1] <> w[3] OR w[2] <> '')"
    return f"list_transform({marked}, lambda w: w[1] || w[2] || '/' || w[3])"


def only_plain(one: str, other: str) -> str:
    """SQL: of two lists of `marked_words`, the plain forms of those that only the first has; a list."""
    return f"list_transform(list_filter({one}, lambda w: NOT list_contains({other}, w)), lambda w: split_part(w, '/', 2))"
