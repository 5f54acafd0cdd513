"""Vietnamese spelling: words that differ by their marks alone.

"Bàn", "bán" and "bạn" are three words; "ban" is any of them, typed without marks. "Hoà" and "hòa" are one word in two
orthographies, and hook and tilde are one tone for half of the country's speakers, who write the one for the other.
"""

from __future__ import annotations

from typing import Final

from nightschool.dataset.connection import quoted
from nightschool.dataset.neighbours.folding import folded, words

_HOOKED: Final = "ảẳẩẻểỉỏổởủửỷ"
_TILDED: Final = "ãẵẫẽễĩõỗỡũữỹ"

# The older place of the tone, and the newer one.
_PLACES: Final = {
    **{old + vowel: "o" + new for vowel, tones in (("a", "àáãạ"), ("e", "èéẽẹ")) for old, new in zip("òóõọ", tones, strict=True)},
    **{old + "y": "u" + new for old, new in zip("ùúũụ", "ỳýỹỵ", strict=True)},
}


def marked_words(text: str) -> str:
    """SQL: the words of a text that have marks, in one orthography; a list."""
    one_tone = f"translate({text}, {quoted(_HOOKED)}, {quoted(_TILDED)})"
    one_place = one_tone
    for old, new in _PLACES.items():
        one_place = f"replace({one_place}, {quoted(old)}, {quoted(new)})"
    spelled = f"CASE WHEN regexp_matches({one_tone}, '[òóõọ][ae]|[ùúũụ]y') THEN {one_place} ELSE {one_tone} END"
    return f"CASE WHEN strlen({text}) > len({text}) THEN list_filter({words(spelled)}, lambda w: strlen(w) > len(w)) ELSE [] END"


def only_plain(one: str, other: str) -> str:
    """SQL: of two lists of `marked_words`, those that only the first has, without their marks; a list."""
    return f"list_transform(list_filter({one}, lambda w: NOT list_contains({other}, w)), lambda w: {folded('w')})"
