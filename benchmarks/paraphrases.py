"""Questions in Vietnamese and English, each asked in several ways, with the truth about which ask the same.

A question is a template with its slots filled; a paraphrase is the same question typed by another person: politeness
around it, accents left out, teencode, slips of the finger, words joined or swapped, a function word more or less. Another
filling, another number and a negation make another question, however alike the texts look.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.question_templates import SLOTS, TEENCODE, TEMPLATES

_POLITE = {
    "vi": (
        ("shop ơi ", ""), ("", " ạ"), ("cho em hỏi ", ""), ("", " vậy shop"), ("dạ ", " ạ"), ("ad ơi cho mình hỏi ", ""),
        ("xin chào ", ""), ("", " với ạ"), ("em chào shop ", " ạ"), ("làm ơn ", ""), ("", " giúp em"), ("alo ", ""),
    ),
    "en": (
        ("please ", ""), ("", " please"), ("hi ", ""), ("hello ", ""), ("", " thanks"), ("hey ", " thank you"),
        ("can you tell me ", ""), ("could you please tell me ", ""), ("hi there ", ""), ("", " pls"), ("sorry ", ""),
    ),
}  # fmt: skip

_SMALL_WORDS = {
    "vi": {"của": "", "là": "", "thì": "", "mà": "", "cái": "", "mình": "tôi", "tôi": "em", "em": "mình", "nào": "gì"},
    "en": {"the": "", "my": "the", "a": "the", "i": "we", "is": "'s", "what": "which"},
}

# Between two fillings these say that their order means nothing: "A or B" asks the same as "B or A".
_EITHER = ("or", "and", "hay", "và", "cộng", "plus")

_BESIDE = {
    "a": "sq",
    "e": "wr",
    "i": "uo",
    "o": "ip",
    "u": "yi",
    "n": "bm",
    "t": "ry",
    "h": "gj",
    "s": "ad",
    "c": "xv",
    "g": "fh",
}


@dataclass(frozen=True)
class Asked:
    """One text and the question that it asks."""

    text: str
    question: int


def asked_questions(size: int, seed: int, *, repeats: float = 0.25) -> list[Asked]:
    """About half of the questions are asked once, the others up to 40 times; `repeats` is the share of literal repetitions."""
    chance = random.Random(seed)
    seen: set[str] = set()
    asked: list[Asked] = []
    for number, (language, text) in enumerate(_questions(chance, seen)):
        for nth in range(_popularity(chance)):
            again = nth and chance.random() < repeats
            asked.append(Asked(asked[-1].text if again else _said(chance, language, text, first=nth == 0), number))
        if len(asked) >= size:
            break
    del asked[size:]
    chance.shuffle(asked)
    return asked


def _popularity(chance: random.Random) -> int:
    return min(40, int(chance.paretovariate(1.3)))


def _questions(chance: random.Random, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Endless different questions: templates filled anew, and sometimes the last one's nearest neighbour."""
    while True:
        language = chance.choice(("vi", "en"))
        template = chance.choice(TEMPLATES[language])
        for filled in _filled(chance, language, template):
            if filled not in seen:
                seen.add(filled)
                yield language, filled


def _filled(chance: random.Random, language: str, template: str) -> list[str]:
    """A filling, and in one of three cases a second one that differs in a single slot."""
    slots = re.findall(r"\{(\w+)\}", template)
    values = [_value(chance, language, slot) for slot in slots]
    fillings = [values]
    if slots and chance.random() < 1 / 3:
        place = chance.randrange(len(slots))
        fillings.append([*values[:place], _value(chance, language, slots[place]), *values[place + 1 :]])
    if any(f"{{{slot}}} {word} {{{slot}}}" in template for slot in slots for word in _EITHER):
        fillings = [sorted(filling) if len(filling) == 2 else [*sorted(filling[:2]), *filling[2:]] for filling in fillings]
    # A train from Paris to Paris is no question.
    fillings = [filling for filling in fillings if len(set(filling)) == len(filling)]
    return [re.sub(r"\{\w+\}", "{}", template).format(*filling) for filling in fillings]


def _value(chance: random.Random, language: str, slot: str) -> str:
    if slot == "number":
        return str(chance.choice((chance.randint(1, 99), chance.randint(100, 99999))))
    return chance.choice(SLOTS[language][slot])


def _said(chance: random.Random, language: str, text: str, *, first: bool) -> str:
    """A way to ask it: one to three changes, each by its own odds."""
    if first and chance.random() < 0.5:
        return text
    for change, odds in _CHANGES:
        if chance.random() < odds:
            text = change(chance, language, text)
    return " ".join(text.split())


def _politely(chance: random.Random, language: str, text: str) -> str:
    before, after = chance.choice(_POLITE[language])
    return f"{before}{text}{after}"


def _without_accents(_: random.Random, language: str, text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return plain.replace("đ", "d") if language == "vi" else text


def _in_teencode(chance: random.Random, language: str, text: str) -> str:
    words = text.split()
    return " ".join(TEENCODE[language].get(word, word) if chance.random() < 0.7 else word for word in words)


def _with_slip(chance: random.Random, _: str, text: str) -> str:
    """One slip in a word of three letters or more: swapped, left out, doubled or the key beside."""
    words = text.split()
    places = [place for place, word in enumerate(words) if len(word) >= 3 and word.isalpha()]
    if not places:
        return text
    place = chance.choice(places)
    words[place] = _slipped(chance, words[place])
    return " ".join(words)


def _slipped(chance: random.Random, word: str) -> str:
    at = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + chance.choice(_BESIDE.get(word[at], word[at] * 2)) + word[at + 1 :]


def _with_two_words_swapped(chance: random.Random, _: str, text: str) -> str:
    words = text.split()
    at = chance.randrange(len(words) - 1)
    return " ".join([*words[:at], words[at + 1], words[at], *words[at + 2 :]])


def _joined(chance: random.Random, _: str, text: str) -> str:
    words = text.split()
    at = chance.randrange(len(words) - 1)
    if any(word.isdigit() for word in words[at : at + 2]):
        return text
    return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])


def _with_other_small_words(chance: random.Random, language: str, text: str) -> str:
    swaps = _SMALL_WORDS[language]
    return " ".join(swaps.get(word, word) if chance.random() < 0.5 else word for word in text.split()).replace(" '", "'")


_Change = Callable[[random.Random, str, str], str]
_CHANGES: tuple[tuple[_Change, float], ...] = (
    (_with_other_small_words, 0.25),
    (_with_two_words_swapped, 0.06),
    (_politely, 0.40),
    (_in_teencode, 0.20),
    (_with_slip, 0.30),
    (_with_slip, 0.10),
    (_joined, 0.05),
    (_without_accents, 0.25),
)
