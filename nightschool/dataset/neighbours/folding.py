"""A question as it is compared: accents, politeness and abbreviations taken away.

Each function takes an SQL expression and gives an SQL expression. Texts are normalised ones (lower case, single spaces). In a
spaced text each word has a space on either side, so that neighbouring words and phrases are found in one pass.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from nightschool.dataset.connection import quoted
from nightschool.dataset.neighbours.wording import (
    ABBREVIATIONS,
    ENGLISH_FUNCTION_WORDS,
    POLITE_PHRASES,
    VIETNAMESE_FUNCTION_WORDS,
)

# Of a spaced text: "dạ" before it, typed without its accent; "ạ" after it; and "không" at the end, which asks and never denies
# ("có giao không", "có giao được không").
_EDGES: Final = (
    "^ (?:da|vang) "
    "|(?: (?:được|duoc|dc) )?(?: hay )?(?: (?:không|khong|ko|kô|hok|hong|hông|k) )(?: (?:a|vay) )?$"
    "|(?: (?:voi|nhe|nha|vay) )?(?: a )$"
)

_SYLLABLE: Final = " (?:ngh?|gh|gi|kh|nh|ph|qu|th|tr|ch|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])? "

# What abbreviations stand for, where it says nothing.
_PLAIN_FUNCTION_WORDS: Final = frozenset(
    {"duoc", "gi", "voi", "you", "your", "nao", "nhu", "bao", "nhieu", "roi", "cung", "minh", "vay"}
)


def folded(text: str) -> str:
    """A text without accents, đ as d."""
    return f"replace(strip_accents({text}), 'đ', 'd')"


def without_politeness(text: str, affixes: str) -> str:
    """A text without greetings, thanks and forms of address, spaced; `affixes` is the pattern of what else may go."""
    spaced = f"(' ' || replace({text}, ' ', '  ') || ' ')"
    known = f"regexp_replace({_without(spaced, POLITE_PHRASES)}, {affixes}, '', 'g')"
    return f"regexp_replace({known}, {quoted(_EDGES)}, '', 'g')"


def core(spaced: str, text: str) -> str:
    """What is asked: folded, abbreviations written out; the whole text where nothing but politeness was in it."""
    return f"coalesce(nullif({_plain(spaced)}, ''), {folded(text)})"


def is_vietnamese(spaced: str) -> str:
    """Whether a spaced text is Vietnamese, by its letters, or typed without accents: three in five words are syllables."""
    syllables = f"len(regexp_extract_all({spaced}, {quoted(_SYLLABLE)}))"
    some_words = f"greatest(1, (strlen({spaced}) - strlen(replace({spaced}, ' ', ''))) // 2)"
    return f"strlen({spaced}) > len({spaced}) OR 5 * {syllables} >= 3 * {some_words}"


def content_words(spaced: str, vietnamese: str, core_text: str) -> str:
    """The words of the core that say what it is about, a list; all words where there are none.

    "Chó" is an animal and "cho" a function word: the accents decide where there are any. Typed without accents nobody can
    tell, so that comparing two texts asks of a word whether the other one has it at all.
    """
    both = VIETNAMESE_FUNCTION_WORDS | ENGLISH_FUNCTION_WORDS
    # "Mỹ Tho", "Cần Thơ": English function words mean something in Vietnamese.
    kept = f"CASE WHEN {vietnamese} THEN {_without(spaced, VIETNAMESE_FUNCTION_WORDS)} ELSE {_without(spaced, both)} END"
    content = f"{_without(_written_out(folded(kept)), _PLAIN_FUNCTION_WORDS)}"
    return f"coalesce(nullif({words(_single_spaced(content))}, ['']), {words(core_text)})"


def numbers(text: str) -> str:
    """The runs of digits in their order, as one text."""
    return rf"array_to_string(regexp_extract_all({text}, '\p{{Nd}}+'), ' ')"


def words(text: str) -> str:
    """The words of a text, a list."""
    return f"string_split({text}, ' ')"


def _plain(spaced: str) -> str:
    return _single_spaced(_written_out(folded(spaced)))


def _single_spaced(spaced: str) -> str:
    # Plain replacing takes a tenth of the expression's time, which is left with the few wider gaps.
    return f"trim(regexp_replace(replace({spaced}, '  ', ' '), '  +', ' ', 'g'))"


def _without(spaced: str, phrases: Collection[str]) -> str:
    return f"regexp_replace({spaced}, {quoted(one_of(phrases))}, '', 'g')"


def one_of(phrases: Collection[str]) -> str:
    """One pattern of all phrases, the longer ones first, for spaced texts."""
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return " (?:" + "|".join(phrase.replace(" ", "  ") for phrase in ordered) + ") "


def _written_out(text: str) -> str:
    """Abbreviations written out; most texts have none and are looked at once."""
    known = text
    for full, short in ABBREVIATIONS.items():
        known = f"regexp_replace({known}, ' (?:{short}) ', {quoted(' ' + full.replace(' ', '  ') + ' ')}, 'g')"
    # After a number "k" means a thousand, after a word "không".
    known = rf"regexp_replace({known}, '([a-z] ) k ', '\1 khong ', 'g')"
    return f"CASE WHEN regexp_matches({text}, ' (?:{'|'.join(ABBREVIATIONS.values())}|k) ') THEN {known} ELSE {text} END"
