"""Names, where they stand next to other personal data: what introduces them, or the form of a contact, shows them.

A surrogate has as many words as the name, each of which begins with X, so that it is known again as one; each word of a name
always becomes the same word, so that "anh An" is still the Nguyễn Văn An of the sentence before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from nightschool.dataset.scrubbing.draws import Draws

_LETTERS = [chr(code) for code in (*range(0x41, 0x250), *range(0x1E00, 0x1EFA))]  # Latin, with Vietnamese
_UPPER = "".join(letter for letter in _LETTERS if letter.isupper())
_LOWER = "".join(letter for letter in _LETTERS if letter.islower())
_WORD = rf"[{_UPPER}](?:[{_LOWER}]+(?:['’-][{_UPPER}]?[{_LOWER}]+)?|[{_UPPER}]+|['’][{_UPPER}][{_LOWER}]+|\.(?= ))"
_CAPITALISED = re.compile(rf"{_WORD}(?: {_WORD})*")
_MOST_WORDS = 5
_NEAR = 120
"""Characters between a name and what it stands next to."""
_MOST_MARKS = 8
_BEFORE = 40
"""Characters before a name that may introduce it."""

_FAMILIES = frozenset(
    """
    nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh đoàn lâm mai trịnh đào cao lương lưu tạ hà
    châu tô thái quách vương nguyen tran le pham hoang huynh vu vo dang bui do ho ngo duong ly dinh doan trinh dao luong
    """.split()  # noqa: SIM905 - sixty lines else
)
_TITLES = frozenset({
    *("mr", "mr.", "mrs", "mrs.", "ms", "ms.", "dr", "dr.", "dear", "hi", "hello", "name"),
    *("anh", "chị", "ông", "bà", "cô", "chú", "bác", "em", "bạn", "khách", "chào", "tên"),
})  # fmt: skip
_CONTACT_WORDS = frozenset({"sđt", "sdt", "đt", "tel", "phone", "email", "mail", "cccd", "cmnd", "số"})
_NO_NAMES = frozenset({"hotline", "support", "shop", "store", "team", "order", "customer", "service", "việt", "hanoi", "saigon"})
_PLACES = re.compile(r"(?i:hà nội|hồ chí minh|đà nẵng|hải phòng|cần thơ|viet nam)")

# What ends just before a name, in lower case and with spaces for - and _.
_FIELDS = (
    *(f"{whose} name" for whose in ("customer", "user", "full", "contact", "recipient", "receiver", "sender", "buyer", "guest")),
    *("patient name", "account name", "first name", "last name", "display name", "người nhận", "người gửi", "chủ thẻ"),
    *("họ tên", "họ và tên", "ho ten", "ho va ten", "tên khách", "tên khách hàng", "ten khach", "ten khach hang", "tên kh"),
)
_FIELDS_OF_MORE = ("name", "tên", "customer", "recipient", "khách hàng", "khách")
_SAID = (
    *("my name is", "my name's", "name's", "tên là", "tên tôi", "tên em", "tên mình", "tên tôi là", "tên em là"),
    *("tên mình là", "tên của tôi là", "tôi tên", "em tên", "mình tên"),
)
_SAID_OF_MORE = ("i am", "i'm", "this is", "tôi là", "em là", "mình là", "anh là", "chị là")
_TITLES_BEFORE = tuple(sorted(_TITLES))
_TITLES_BEFORE_NAMES = tuple(f"{title} " for title in _TITLES_BEFORE)
_LONGEST_TITLE = max(map(len, _TITLES_BEFORE))
_LINE_ENDS = frozenset(f"{escape}{letter}" for escape in "\\\ufdd0" for letter in "nrt")
_MARKS = " :=\"'*\ufdd0\ufdd1"
_DATUM = r"(?:[+(]?[0-9]{2}|[^\s@<>\"]{1,64}@)"
_ENDED = re.compile(r"[\"',.;!\n\ufdd0\ufdd1]|\Z| (?:and|và)\b")
_OF_A_CONTACT = re.compile(rf"[ ,;:|/(<–-]{{1,3}}(?:(?i:sđt|sdt|đt|tel|phone|email|mail|số)[ :.]{{0,3}})?{_DATUM}")
_OF_ANY_CONTACT = re.compile(rf" ?[<(]{_DATUM}")

_CONSONANTS, _VOWELS = "bdfghklmnprstvz", "aeiou"
_SURROGATE_WORD = re.compile(rf"X[{_VOWELS}](?:[{_CONSONANTS}][{_VOWELS}]){{3}}", re.IGNORECASE)


def names_in(text: str, places: Sequence[int]) -> Iterator[str]:
    """The names in a text that stand near the places of other personal data (in ascending order)."""
    done = 0
    for place in places:
        for found in _CAPITALISED.finditer(text, max(done, place - _NEAR), place + _NEAR):
            done = found.end()
            name = _name_of(text, found)
            if name:
                yield name


def _name_of(text: str, found: re.Match[str]) -> str:
    """The name among capitalised words; empty where there is none."""
    words = found[0].split(" ")
    if len(words) == 1 and not _may_be_introduced(text, found.start()):
        return ""
    titles = 0
    while titles < len(words) and words[titles].casefold() in _TITLES:
        titles += 1
    after = next((i for i, word in enumerate(words) if word.casefold() in _CONTACT_WORDS and i > titles), len(words))
    words = words[titles:after]
    name = " ".join(words)
    if not words or len(words) > _MOST_WORDS or _is_no_name(words, name):
        return ""
    begin = found.start() + found[0].index(name)
    return name if titles and len(words) > 1 else _shown(text, begin, begin + len(name), words)


def _may_be_introduced(text: str, begin: int) -> bool:
    """Whether a word may stand before a place, and marks at most between them: at the beginning of most sentences none does."""
    before = text[max(0, begin - _MOST_MARKS) : begin].rstrip(_MARKS)
    return begin > 0 and (not before or before[-1].isalpha())


def _is_no_name(words: Sequence[str], name: str) -> bool:
    known = any(_SURROGATE_WORD.fullmatch(word) for word in words)
    return known or any(word.casefold() in _NO_NAMES for word in words) or _PLACES.search(name) is not None


def _shown(text: str, begin: int, end: int, words: Sequence[str]) -> str:
    name = text[begin:end]
    before = text[max(0, begin - _BEFORE) : begin]
    lead = before.rstrip(_MARKS)
    between = before[len(lead) :]
    lead = lead.casefold().replace("_", " ").replace("-", " ")
    is_field = ":" in between or "=" in between
    if _ends(lead, _SAID) or (is_field and _ends(lead, _FIELDS)):
        return name if len(words) > 1 or (not name.isupper() and _ENDED.match(text, end)) else ""
    if len(words) == 1:
        return ""
    if _ends(lead, _FIELDS_OF_MORE if is_field else (*_SAID_OF_MORE, *_TITLES_BEFORE)) and between:
        return name
    of_a_family = words[0].casefold() in _FAMILIES and _OF_A_CONTACT.match(text, end)
    return name if of_a_family or _OF_ANY_CONTACT.match(text, end) else ""


def _ends(lead: str, cues: tuple[str, ...]) -> bool:
    """Whether a text ends with a cue, as a word of its own."""
    return lead.endswith(cues) and any(lead.endswith(cue) and not lead[: -len(cue)][-1:].isalnum() for cue in cues)


class KnownNames(NamedTuple):
    """Names to be found again: as they are and in capitals (the longest first), and their first and last words behind a title."""

    forms: tuple[str, ...]
    ends: tuple[str, ...]

    def replaced_in(self, text: str, write: Callable[[str], str]) -> str:
        """The text with something else for the names. It may be JSON, if what is written may stand in a JSON text as it is."""
        for form in self.forms:
            text = _edited(text, form, write, _begins_word)
        for word in self.ends:
            text = _edited(text, word, write, _is_titled)
        return text


@lru_cache(maxsize=10_000)
def known_names(names: tuple[str, ...]) -> KnownNames:
    """What names look like where they stand once more."""
    forms = {form for name in names for form in (name, name.upper())}
    ends = {word for name in names for word in (name.split()[0], name.split()[-1]) if len(word) > 1}
    return KnownNames(tuple(sorted(forms, key=lambda form: (-len(form), form))), tuple(sorted(ends)))


def _edited(text: str, words: str, write: Callable[[str], str], fits: Callable[[str, int], bool]) -> str:
    """The text with something else for the words, where nothing is glued to them and what is before them fits."""
    pieces: list[str] = []
    done, place = 0, text.find(words)
    while place >= 0:
        end = place + len(words)
        if fits(text, place) and not _is_of_a_word(text[end : end + 1]):
            pieces += [text[done:place], write(words)]
            done = end
        place = text.find(words, end)
    return "".join([*pieces, text[done:]]) if pieces else text


def _is_titled(text: str, place: int) -> bool:
    before = text[max(0, place - _LONGEST_TITLE - 1) : place].casefold()
    return before.endswith(_TITLES_BEFORE_NAMES) and any(
        before.endswith(title) and _begins_word(text, place - len(title)) for title in _TITLES_BEFORE_NAMES
    )


def _begins_word(text: str, place: int) -> bool:
    """Whether nothing is glued to the left of a place; behind an escaped end of a line, as JSON has it, nothing is."""
    return not _is_of_a_word(text[max(0, place - 1) : place]) or text[max(0, place - 2) : place] in _LINE_ENDS


def _is_of_a_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def renamed(name: str, draws: Draws, memory: dict[str, str]) -> str:
    """A name's surrogate; `memory` holds the words that were drawn before."""
    return " ".join(_renamed_word(word, draws, memory) for word in name.split(" "))


def _renamed_word(word: str, draws: Draws, memory: dict[str, str]) -> str:
    known_as = word.casefold()
    made = memory.get(known_as)
    if made is None:
        made = memory[known_as] = _drawn_word(known_as, draws)
    return made.upper() if len(word) > 1 and word.isupper() else made


def _drawn_word(known_as: str, draws: Draws) -> str:
    number = draws.number(f"name:{known_as}", len(_VOWELS) * (len(_CONSONANTS) * len(_VOWELS)) ** 3)
    number, vowel = divmod(number, len(_VOWELS))
    made = "X" + _VOWELS[vowel]
    for _ in range(3):
        number, vowel = divmod(number, len(_VOWELS))
        number, consonant = divmod(number, len(_CONSONANTS))
        made += _CONSONANTS[consonant] + _VOWELS[vowel]
    return made
