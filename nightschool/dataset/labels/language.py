r"""In which language a text is, in SQL: by its script where that is certain, else Vietnamese or English by the words in it.

Vietnamese is often typed without its diacritics, shortened as in messages between friends, and mixed with English terms;
so words are counted: those with Vietnamese letters and the small words of Vietnamese against the small words of English.
Regular expressions are RE2's, whose `\b` and `\w` know no Vietnamese letter: words stand between two spaces instead.
"""

from __future__ import annotations

from nightschool.dataset.connection import quoted
from nightschool.dataset.normalisation import composed

# Cyrillic, Arabic, Hebrew, Devanagari and Han serve several languages each; the one with most readers gives the name.
_SCRIPTS = {
    "ja": r"\p{Hiragana}\p{Katakana}",
    "ko": r"\p{Hangul}",
    "zh": r"\p{Han}",
    "th": r"\p{Thai}",
    "ru": r"\p{Cyrillic}",
    "ar": r"\p{Arabic}",
    "he": r"\p{Hebrew}",
    "el": r"\p{Greek}",
    "hi": r"\p{Devanagari}",
    "lo": r"\p{Lao}",
    "km": r"\p{Khmer}",
}
_ANY_SCRIPT = "[" + "".join(_SCRIPTS.values()) + "]"

_VIETNAMESE_LETTER = "[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]"
_BORROWED = "cafés?|résumés?|déjà|fiancée?s?|clichés?|crème|brûlée|entrée|née|à|voilà|purée|sauté|élite|matinée|touché|protégée?"

# Small and everyday words of one of the two languages that the other hardly uses. Vietnamese ones with diacritics count
# twice, as words with Vietnamese letters too: names have such letters in English texts, but no such words.
_VIETNAMESE_WORDS = (
    "không|được|của|những|tôi|mình|gì|nào|vậy|rồi|chưa|còn|với|là|có|cho|này|đó|ở|đâu|và|thì|như|thế|để|bị|các|một|nếu|bạn|ạ"
    "|khong|kh|ko|hok|hong|hem|duoc|dc|đc|dk|đk|cua|nhung|toi|minh|mk|gi|nao|sao|bao|nhieu|nhiu|bn|bnhieu|bnh|ntn|vay|zay|roi"
    "|chua|con|gia|giup|xin|nhu|oi|nha|nhe|voi|trong|ngay|nguoi|thoi|tien|mua|ban|muon|biet|phai|lam|lai|cai|nay|tai|khi|qua"
    "|len|dang|va|mot|hai|bon|nam|muoi|tra|doi|giao|vi|hoac|neu|thi|cung|nua|hon|rat|lau|gio|mai|hom|viet|tieng|dau|dia|co|thang"
    "|loi|cach|xem|tim|chon|goi|nhan|gui|dat|huy|hoan|khach|san|pham|dich|tinh|bai|cau|hoi|don|ad|ib|trc|tg|ck|lm|anh|ngoai"
    "|thong|tin|mau|khau|thay|chinh|sua|xoa|moi|cu|tren|duoi|den|theo|giua|cac|nhom|loai|ly|chu|bang|nuoc|truoc|trang|quan"
)
_ENGLISH_WORDS = (
    "the|is|are|am|was|were|be|been|of|to|and|in|on|at|for|from|with|without|by|as|or|but|not|if|it|its|this|that|these|those|my"
    "|your|our|their|his|her|me|we|you|they|he|she|i|u|what|whats|where|wheres|when|why|who|how|which|do|does|did|don|doesn|didn"
    "|can|could|will|would|should|have|has|had|get|got|there|any|some|no|out|about|into|an|a|s|t|m|ve|ll|re|please|pls|want|need"
    "|idk|work|works|make|find|give|tell|show|write|explain|long|much|many|between|than|near|too|very|still|again|all|only|other"
    "|one|best|good|new|city|english|meaning"
)

# One Vietnamese syllable without its diacritics; English words that look like one are few: "hot", "can", "to".
_ONSET = "(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnprstvx])"
_VOWELS = "(?:uyen?|uye|uya|ieu|yeu|oai|oay|oeo|uoi|uou|uay|ia|ie|iu|ye|oa|oe|oo|ua|ue|uy|uo|uu|ui|ai|ao|au|ay|eo|eu|oi|[aeiouy])"
_SYLLABLE = f"{_ONSET}?{_VOWELS}(?:ch|ng|nh|[cmnpt])?"
_QUOTATION = '"[^"]*"|“[^”]*”|«[^»]*»'


def language(text: str) -> str:
    """The language of a text, as an SQL expression: `vi`, `en`, or that of another script; never NULL for a text.

    A text that says nothing about it (a code, a number, one international word) is taken for English.

    Args:
        text: SQL expression of a text.
    """
    own = _without_quotations(text)
    # Of what is between two words only what is not one space already is written anew.
    single = f"regexp_replace(lower({composed(own)}), '[^\\p{{L}}\\p{{M}}]{{2,}}|[^\\p{{L}}\\p{{M}} ]', ' ', 'g')"
    # A lambda's argument is computed once, where an expression in several places is computed in each.
    spaced = f"('  ' || replace({single}, ' ', '  ') || '  ')"
    return f"""CASE
        WHEN regexp_matches({text}, {quoted(_ANY_SCRIPT)}) AND {_is_other_script(text)} THEN {_by_script(text)}
        ELSE list_transform([{spaced}], lambda spaced: {_vietnamese_or_english("spaced")})[1]
    END"""


def _without_quotations(text: str) -> str:
    """What the user says in their own words, where there is a word of it."""
    rest = f"regexp_replace({text}, {quoted(_QUOTATION)}, ' ', 'g')"
    return f"CASE WHEN regexp_matches({text}, '[\"“«]') AND regexp_matches({rest}, '\\p{{L}}{{2}}') THEN {rest} ELSE {text} END"


def _is_other_script(text: str) -> str:
    """A quoted word of another script does not make the text one of that language: most of its letters must be."""
    return f"2 * {_count(text, _ANY_SCRIPT)} > {_count(text, '[a-zA-Z]')}"


def _by_script(text: str) -> str:
    branches = " ".join(
        f"WHEN regexp_matches({text}, {quoted(f'[{script}]')}) THEN {quoted(name)}" for name, script in _SCRIPTS.items()
    )
    return f"CASE {branches} END"


def _vietnamese_or_english(spaced: str) -> str:
    accented = f"({_count(spaced, f' [^ ]*{_VIETNAMESE_LETTER}[^ ]* ')} - {_count(spaced, f' (?:{_BORROWED}) ')})"
    typed = _count(spaced, f" (?:{_VIETNAMESE_WORDS}) ")
    english = _count(spaced, f" (?:{_ENGLISH_WORDS}) ")
    syllables, words = _count(spaced, f" {_SYLLABLE} "), _count(spaced, " [^ ]+ ")
    return f"""CASE
        WHEN {accented} + {typed} > {english} THEN 'vi'
        WHEN regexp_matches({spaced}, {quoted(f" (?:{_ENGLISH_WORDS}) ")}) THEN 'en'
        WHEN {syllables} >= 2 AND 4 * {syllables} >= 3 * {words} THEN 'vi'
        ELSE 'en'
    END"""


def _count(text: str, pattern: str) -> str:
    return f"len(regexp_extract_all({text}, {quoted(pattern)}))"
