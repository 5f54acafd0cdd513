"""Numbers with a check or a structure: cards (Luhn, ISO/IEC 7812), IBAN (ISO 13616), national identities."""

from __future__ import annotations

import re

from nightschool.dataset.scrubbing.detector import AFTER_A_LINE_END, STAYS, WORD_START, Detector, digits_of, with_digits
from nightschool.dataset.scrubbing.draws import Draws
from nightschool.dataset.scrubbing.windows import from_each, long_numbers, where_any_word

_BEFORE = rf"(?:(?<![0-9A-Za-z_#])(?<![0-9A-Za-z][-_./])|{AFTER_A_LINE_END})"
_AFTER = r"(?![0-9A-Za-z_])(?![-.,/][0-9A-Za-z])"

_ISSUED = re.compile(
    r"4(?:.{15}|.{18})|5[1-5].{14}|2(?:22[1-9]|2[3-9].|[3-6]..|7[01].|720).{12}|3[47].{13}|3(?:0[0-5]|[689].).{11}"
    r"|35(?:2[89]|[3-8].).{12}|6(?:011|4[4-9].|5..).{12}|62.{14,17}|9704(?:.{12}|.{15})"
)
"""Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay, Napas (Vietnam), by first digits and length."""
_NO_ISSUER = "9999"

_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO", "16": "BE", "18": "DK FI FO GL NL", "19": "MK SI", "20": "AT BA EE KZ LT LU XK", "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS VA", "23": "AE GI IL IQ OM TL", "24": "AD CZ ES MD PK RO SA SE SK TN VG",
        "25": "PT ST", "26": "IS TR", "27": "FR GR IT MC MR SM", "28": "AL AZ BY CY DO GT HU LB PL SV",
        "29": "BR EG PS QA UA", "30": "JO KW MU", "31": "MT SC", "32": "LC",
    }.items()
    for country in countries.split()
}  # fmt: skip

# Codes of the 63 provinces as they were when the cards were issued (Circular 59/2021/TT-BCA); surrogates have others.
_PROVINCES = frozenset(
    f"{code:03}"
    for code in (
        *(1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45),
        *(46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89),
        *range(91, 97),
    )
)
# From 010: 001 to 009 look like the beginning of a call abroad.
_NO_PROVINCES = [f"{code:03}" for code in range(10, 100) if f"{code:03}" not in _PROVINCES]
_CENTURIES = "0123"
_ID_CUE = (
    r"(?i:cccd|cmnd|cmtnd|căn cước|can cuoc|chứng minh (?:nhân dân|thư)|chung minh nhan dan|định danh cá nhân"
    r"|identity card|national[ _-]?id|citizen[ _-]?id|id card)"
)
_SSN_CUE = r"(?i:ssn|social security)"
_NO_CMND = "99"


def luhn_digit(digits: str) -> str:
    """The digit that makes `digits` and itself pass Luhn's check."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def iban_digits(country: str, account: str) -> str:
    """The two check digits of an account (BBAN) in a country, by ISO 7064's mod 97-10."""
    number = "".join(str(int(character, 36)) for character in f"{account}{country}00")
    return f"{98 - int(number) % 97:02}"


def _read_card(value: str) -> str | None:
    digits = digits_of(value)
    if digits.startswith(_NO_ISSUER):
        return STAYS
    return digits if _ISSUED.fullmatch(digits) and luhn_digit(digits[:-1]) == digits[-1] else None


def _write_card(value: str, known_as: str, draws: Draws) -> str:
    made = _NO_ISSUER + draws.digits(known_as, len(known_as) - len(_NO_ISSUER) - 1)
    return with_digits(value, made + luhn_digit(made))


def _read_iban(value: str) -> str | None:
    known = value.replace(" ", "")
    country, check, account = known[:2], known[2:4], known[4:]
    if len(known) != _IBAN_LENGTHS.get(country) or iban_digits(country, account) != check:
        return None
    return STAYS if account[:4] == _no_bank(account) else known


def _write_iban(value: str, known_as: str, draws: Draws) -> str:
    country, account = known_as[:2], known_as[4:]
    digits = iter(draws.digits(known_as, len(account)))
    letters = iter(draws.letters(known_as, len(account)).upper())
    rest = "".join(next(digits) if character.isdigit() else next(letters) for character in account[4:])
    made = _no_bank(account) + rest
    following = iter(f"{country}{iban_digits(country, made)}{made}")
    return "".join(character if character == " " else next(following) for character in value)


def _no_bank(account: str) -> str:
    """The beginning of an account at no bank, with digits and letters where this account has them."""
    return "".join("0" if character.isdigit() else "X" for character in account[:4])


def _read_cccd(value: str) -> str | None:
    digits = digits_of(value)
    if digits[:3] in _NO_PROVINCES:
        return STAYS
    return digits if digits[:3] in _PROVINCES else None


def _read_named_id(value: str) -> str | None:
    digits = digits_of(value)
    ours = digits[:3] in _NO_PROVINCES if len(digits) == 12 else digits.startswith(_NO_CMND)
    return STAYS if ours else digits


def _write_id(value: str, known_as: str, draws: Draws) -> str:
    if len(known_as) == 9:
        return with_digits(value, _NO_CMND + draws.digits(known_as, 7))
    drawn = draws.number(known_as, len(_NO_PROVINCES) * len(_CENTURIES) * 10**8)
    place, rest = divmod(drawn, len(_CENTURIES) * 10**8)
    return with_digits(value, f"{_NO_PROVINCES[place]}{rest:09}")


def _read_ssn(value: str) -> str | None:
    digits = digits_of(value)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area.startswith("9"):
        return STAYS
    return None if area in {"000", "666"} or group == "00" or serial == "0000" else digits


def _write_ssn(value: str, known_as: str, draws: Draws) -> str:
    # No area begins with 9; taxpayers' numbers, which do, have a group of at least 50.
    area, rest = divmod(draws.number(known_as, 100 * 50 * 10**4), 50 * 10**4)
    return with_digits(value, f"{900 + area}{rest:06}")


_IBAN_GUARD = r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11}"
_ID_WINDOWS = where_any_word(
    f"{_ID_CUE}|{_SSN_CUE}", "cccd", "cmnd", "cmtnd", "căn", "can cuoc", "chứng", "chung minh", "định danh", "id", "ssn", "social"
)

CARD = Detector(
    kind="card",
    group="digits",
    core=r"[2-69][0-9]{13,18}|[2-69][0-9]{3}(?:[ -][0-9]{4}){3}(?:[ -]?[0-9]{3})?|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5}",
    before=_BEFORE,
    after=_AFTER,
    windows=long_numbers(14),
    read=_read_card,
    write=_write_card,
)
IBAN = Detector(
    kind="iban",
    group="marks",
    core="|".join(
        rf"(?:{'|'.join(sorted(c for c, n in _IBAN_LENGTHS.items() if n == length))})[0-9]{{2}}(?: ?[A-Z0-9]){{{length - 4}}}"
        for length in sorted(set(_IBAN_LENGTHS.values()))
    ),
    before=rf"(?:(?<![0-9A-Za-z_])|{AFTER_A_LINE_END})",
    after=r"(?![0-9A-Za-z_])",
    guard=_IBAN_GUARD,
    windows=from_each(_IBAN_GUARD, 45),
    read=_read_iban,
    write=_write_iban,
)
CCCD = Detector(
    kind="national_id",
    group="digits",
    core=r"0[0-9]{2}[0-3][0-9]{8}|0[0-9]{2}[ .-]?[0-3][0-9]{2}[ .-]?[0-9]{3}[ .-]?[0-9]{3}",
    before=_BEFORE,
    after=_AFTER,
    windows=long_numbers(12),
    read=_read_cccd,
    write=_write_id,
)
NAMED_ID = Detector(
    kind="national_id",
    group="words",
    core=rf"{_ID_CUE}[^0-9]{{0,20}}(?P<value>[0-9]{{12}}|[0-9]{{9}}|[0-9]{{3}}(?:[ .-][0-9]{{3}}){{2,3}})",
    before=WORD_START,
    after=_AFTER,
    guard=_ID_CUE,
    windows=_ID_WINDOWS,
    read=_read_named_id,
    write=_write_id,
)
SSN = Detector(
    kind="national_id",
    group="digits",
    core=r"[0-9]{3}-[0-9]{2}-[0-9]{4}",
    before=_BEFORE,
    after=_AFTER,
    windows=long_numbers(9, "-"),
    read=_read_ssn,
    write=_write_ssn,
)
NAMED_SSN = Detector(
    kind="national_id",
    group="words",
    core=rf"{_SSN_CUE}[^0-9]{{0,20}}(?P<value>[0-8][0-9]{{2}} ?[0-9]{{2}} ?[0-9]{{4}})",
    before=WORD_START,
    after=_AFTER,
    guard=_SSN_CUE,
    windows=_ID_WINDOWS,
    read=_read_ssn,
    write=_write_ssn,
)
