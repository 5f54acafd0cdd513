r"""Texts made comparable, in SQL: which questions are the same one.

Each function takes an SQL expression of a text and gives an SQL expression. Regular expressions are RE2's.
"""

from __future__ import annotations

from nightschool.dataset.connection import quoted

_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
_NARROW = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F))

# Composed letters of Latin scripts, the usual punctuation and pictures are in composed form whatever stands beside them, and so
# they are in lower case (but for İ). Bringing a text there takes half of the time of all else.
_MAY_CHANGE_FORM = r"[^\x{00}-\x{012F}\x{0131}-\x{02FF}\x{1E00}-\x{1EFF}\x{2010}-\x{2027}\x{1F300}-\x{1FAFF}]"

_INVISIBLE = r"[\x{00AD}\x{200B}-\x{200F}\x{2060}\x{FE00}-\x{FE0F}\x{FEFF}]"
_APOSTROPHES = r"['’‘ʼ`´]"
# Between digits these are part of the number (3.5, 10:30); they wait as private characters while punctuation goes.
_IN_NUMBERS = {".": "\ue000", ",": "\ue001", ":": "\ue002"}
_PRIVATE = r"[\x{E000}-\x{E002}]"
_SENTENCE_MARKS = r"[.,;:!?…\"“”„«»‹›¿¡。，、；：！？~_\p{So}\p{Sk}]+"
# In a text without digits brackets and dashes are punctuation; beside digits they calculate: (2 - 3) * 4.
_WORD_MARKS = r"[()\[\]{}\p{Pd}]+"
# Runs of spaces that are not one plain space already: what is not found need not be written anew.
_OTHER_SPACE = r"[\p{Cc}\p{Zl}\p{Zp}\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]"
_SPACES = rf" *{_OTHER_SPACE}[\p{{Z}}\p{{Cc}}]*|  +"

# A text of these words with a space between any two has nothing to take away but its case; what people type in a hurry often is.
_PLAIN_WORD = r"[\p{Lu}\p{Ll}\p{Nd}]+"
_PLAIN = rf"{_PLAIN_WORD}(?: {_PLAIN_WORD})*"

# What a model's chat template takes for its own marks: <|im_end|>, </s>, <start_of_turn>, [INST], <<SYS>>.
_CONTROL_TOKENS = (
    (r"<([|｜][^|｜<>]{1,40}[|｜])>", r"‹\1›"),
    (r"<(/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn))>", r"‹\1›"),
    (r"<<(/?SYS)>>", r"‹\1›"),
    (r"\[(/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS))\]", r"‹\1›"),
)

_BRACKETED_ENDS = ("INST]", "TOOLS]", "CALLS]", "RESULTS]")


def normalised(text: str) -> str:
    """What two texts have in common that ask the same: Unicode form, width, case, space and punctuation taken away.

    Diacritics stay (Vietnamese words differ by nothing else), and so does what belongs to a number or a calculation.
    Applied twice it is the same as applied once.
    """
    return f"""CASE WHEN regexp_matches({text}, {quoted(_MAY_CHANGE_FORM)}) THEN {_comparable(text, "nfc_normalize")}
        WHEN regexp_full_match({text}, {quoted(_PLAIN)}) THEN lower({text}) ELSE {_comparable(text, "")} END"""


def composed(text: str) -> str:
    """A text in Unicode's composed form (NFC)."""
    return f"CASE WHEN regexp_matches({text}, {quoted(_MAY_CHANGE_FORM)}) THEN nfc_normalize({text}) ELSE {text} END"


def _comparable(text: str, composed: str) -> str:
    """The same by a function that brings texts to Unicode's composed form; by none where they have it, and have narrow signs."""
    known = text
    if composed:
        wide = f"translate({text}, {quoted(_WIDE)}, {quoted(_NARROW)})"
        known = f"CASE WHEN regexp_matches({text}, '[！-～]') THEN {wide} ELSE {text} END"
    known = _without(_INVISIBLE, f"replace({known}, chr(0), '')")
    known = f"{composed}(lower({composed}({known})))"
    known = _spaced(_PRIVATE, _without(_APOSTROPHES, known))
    in_words = _spaced(_WORD_MARKS, _spaced(_SENTENCE_MARKS, known))
    for mark, private in _IN_NUMBERS.items():
        # Twice: neighbours share a digit (1.2.3), and a match uses it up.
        for _ in range(2):
            known = _replaced(known, rf"(\d)[{mark}](\d)", rf"\1{private}\2")
    private, own = quoted("".join(_IN_NUMBERS.values())), quoted("".join(_IN_NUMBERS))
    beside_digits = f"translate({_spaced(_SENTENCE_MARKS, known)}, {private}, {own})"
    known = f"CASE WHEN regexp_matches({text}, '[0-9０-９]') THEN {beside_digits} ELSE {in_words} END"
    return f"{composed}(trim({_spaced(_SPACES, known)}))"


def neutralised(text: str) -> str:
    """A text whose model control tokens are no longer any: their angles become ‹ and ›. Safe within JSON texts too."""
    known = f"replace({text}, chr(0), '')"
    for pattern, replacement in _CONTROL_TOKENS:
        known = _replaced(known, pattern, replacement)
    return f"CASE WHEN {may_have_control_tokens(text)} THEN {known} ELSE {text} END"


def may_have_control_tokens(text: str) -> str:
    """An SQL expression: whether a text may be another one when it is neutralised. Far cheaper than looking for the tokens."""
    return "(" + " OR ".join(f"contains({text}, {sign})" for sign in ("'<'", "chr(0)", *map(quoted, _BRACKETED_ENDS))) + ")"


def _replaced(text: str, pattern: str, replacement: str) -> str:
    return f"regexp_replace({text}, {quoted(pattern)}, {quoted(replacement)}, 'g')"


def _without(pattern: str, text: str) -> str:
    return _replaced(text, pattern, "")


def _spaced(pattern: str, text: str) -> str:
    return _replaced(text, pattern, " ")
