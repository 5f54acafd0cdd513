"""Phone numbers: Vietnamese ones by their numbering plan, North American ones by theirs, others by their country's code.

A surrogate has the country, the length and the separators of the number that it stands for, and reaches nobody:
Vietnamese mobile numbers become numbers of the blocks that nobody was given since 2018 (010 to 049, 060 to 068), in which
no two of them meet; North American ones get an exchange that begins with 0 or 1; others a subscriber that begins with 00.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from nightschool.dataset.scrubbing.detector import AFTER_A_LINE_END, STAYS, Detector, digits_of, with_digits
from nightschool.dataset.scrubbing.draws import Draws
from nightschool.dataset.scrubbing.windows import FEWEST_DIGITS, long_numbers

_GAP = "[ .()\u00a0-]{0,2}"
_MOBILE_BLOCK = re.compile(r"3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9]")
_MOBILE_BLOCKS = [f"{block:02}" for block in range(100) if _MOBILE_BLOCK.fullmatch(f"{block:02}")]
_EMPTY_BLOCKS = [str(block) for block in [*range(10, 30), *range(40, 50), *range(60, 69)]]
"""Two digits behind the trunk's zero that begin no subscriber's number of nine digits; 069 is the army's and the police's."""
_IN_A_BLOCK = 10**7
_LANDLINE, _EMPTY_LANDLINE = "2", "4"
_NO_SUBSCRIBER = "00"
_NORTH_AMERICAN = re.compile(r"[2-9][0-9]{9}")
_COUNTRY = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}")
"""ITU-T E.164's country codes by length: one digit, two, else three."""
_FEWEST_OWN_DIGITS = 6
_MOST_OWN_DIGITS = 13
_MOST_OWN_DIGITS_AT_HOME = 10

_BEFORE = rf"(?:(?<![0-9A-Za-z_#])(?<![0-9][-_.,:/])(?<![A-Za-z][-_])|(?<=[Đđ][Tt])|(?<=[Tt]el)|{AFTER_A_LINE_END})"
_NO_DATE = r"(?![0-3][0-9][-. ][01][0-9][-. ](?:19|20)[0-9]{2}(?![0-9]))"
_AFTER = r"(?![0-9:]|[.,][0-9]{3}|[A-Za-z]{1,3}[0-9])"
_VIETNAMESE = (
    rf"\(?0(?:3{_GAP}[2-9]|5{_GAP}[25689]|7{_GAP}[06-9]|8{_GAP}[1-9]|9{_GAP}[0-9])(?:{_GAP}[0-9]){{7}}"
    rf"|\(?02(?:{_GAP}[0-9]){{9}}"
    rf"|84(?:{_GAP}[0-9]){{9,10}}"
)
_INTERNATIONAL = rf"(?:\+|00)[1-9](?:{_GAP}[0-9]){{7,14}}"
_AT_HOME = r"\(?0[1-9][0-9]{1,3}\)?[ .-][0-9]{3,4}[ .-]?[0-9]{3,4}(?:[ .-][0-9]{2,4})?"
_IN_AMERICA = r"\(?[2-9][0-9]{2}(?:\) ?|[ .-])[0-9]{3}[ .-][0-9]{4}"


class _Number(NamedTuple):
    """A phone number: the digits before it that stay, whose plan it belongs to, and its own digits."""

    prefix: str
    plan: str
    own: str


def _parsed(value: str) -> _Number | None:
    digits = digits_of(value)
    if value.startswith("+"):
        return _abroad("", digits)
    if digits.startswith("00"):
        return _abroad("00", digits[2:])
    if digits.startswith("84"):
        return _vietnamese("84", digits[2:])
    if digits.startswith("0"):
        return _vietnamese("0", digits[1:]) or _other("0", digits[1:])
    return _Number("", "american", digits) if _NORTH_AMERICAN.fullmatch(digits) else None


def _abroad(before: str, digits: str) -> _Number | None:
    found = _COUNTRY.match(digits)
    country = found[0] if found else ""
    own = digits[len(country) :]
    if country == "84":
        return _vietnamese(before + country, own)
    if country == "1":
        return _Number(before + country, "american", own) if _NORTH_AMERICAN.fullmatch(own) else None
    # "+44 (0)20": the trunk's zero, which those at home dial.
    trunk = "0" if own.startswith("0") and not own.startswith(_NO_SUBSCRIBER) else ""
    return _other(before + country + trunk, own.removeprefix(trunk))


def _vietnamese(before: str, own: str) -> _Number | None:
    if before.endswith("84") and own.startswith("0"):
        before, own = before + "0", own[1:]
    mobile = len(own) == 9 and own[:2] in {*_MOBILE_BLOCKS, *_EMPTY_BLOCKS}
    landline = len(own) == 10 and own[0] in (_LANDLINE, _EMPTY_LANDLINE)
    return _Number(before, "vietnamese", own) if mobile or landline else None


def _other(before: str, own: str) -> _Number | None:
    most = _MOST_OWN_DIGITS_AT_HOME if before == "0" else _MOST_OWN_DIGITS
    return _Number(before, "other", own) if _FEWEST_OWN_DIGITS <= len(own) <= most else None


def _is_ours(number: _Number) -> bool:
    own = number.own
    return (
        own.startswith(_NO_SUBSCRIBER)
        or (number.plan == "american" and own[3] in "01")
        or (number.plan == "vietnamese" and (own[:2] in _EMPTY_BLOCKS if len(own) == 9 else own[0] == _EMPTY_LANDLINE))
    )


def _read(value: str) -> str | None:
    number = _parsed(value)
    if number is None:
        return None
    return STAYS if _is_ours(number) else f"{number.plan}:{number.own}"


def _write(value: str, known_as: str, draws: Draws) -> str:
    number = _parsed(value)
    assert number is not None
    return with_digits(value, number.prefix + _drawn(number, known_as, draws))


def _drawn(number: _Number, known_as: str, draws: Draws) -> str:
    own = number.own
    if number.plan == "american":
        drawn = draws.number(known_as, 800 * 200 * 10**4)
        area, rest = divmod(drawn, 200 * 10**4)
        return f"{200 + area}{rest:07}"
    if number.plan == "other":
        return _NO_SUBSCRIBER + draws.digits(known_as, len(own) - len(_NO_SUBSCRIBER))
    if own.startswith(_LANDLINE) and len(own) == 10:
        return f"{_EMPTY_LANDLINE}{draws.shuffled('landline', int(own[1:]), 10**5, 10**4):09}"
    place = _MOBILE_BLOCKS.index(own[:2]) * _IN_A_BLOCK + int(own[2:])
    block, rest = divmod(draws.shuffled("mobile", place, len(_EMPTY_BLOCKS) * 1000, _IN_A_BLOCK // 1000), _IN_A_BLOCK)
    return f"{_EMPTY_BLOCKS[block]}{rest:07}"


PHONE = Detector(
    kind="phone",
    group="digits",
    core="|".join([_VIETNAMESE, _INTERNATIONAL, _AT_HOME, _IN_AMERICA]),
    before=_BEFORE + _NO_DATE,
    after=_AFTER,
    windows=long_numbers(FEWEST_DIGITS),
    read=_read,
    write=_write,
)
