"""Numbers as people write them: 1,234.5 and 1.234,5 and 1 234 and −8, alone or with a unit."""

from __future__ import annotations

import re

_SPACES = " \u00a0\u202f"
_NUMBER = re.compile(
    rf"""
    (?<![\w\-−/:.,\#])        # not within a code, a date, a time, an issue number
    [-+−]?
    (?:
        \d{{1,3}}(?P<mark>[.,{_SPACES}])\d{{3}}(?:(?P=mark)\d{{3}})*(?:[.,]\d+)?  # parts of three digits
      | \d+[.,]\d+
      | \d+
    )
    (?:[eE][-+]?\d+)?
    (?![.,]?\d|[-/:]\w)
    """,
    re.VERBOSE,
)
_UNIT_WORDS = 2


def is_quantity(text: str) -> bool:
    """Whether a text is one number with at most a unit of two words beside it; a code or a date is none."""
    rest, found = _NUMBER.subn(" ", text)
    return found == 1 and len(rest.split()) <= _UNIT_WORDS and not any(character.isdigit() for character in rest)


def without_numbers(text: str) -> str:
    """The text with a space in place of each number; codes and dates stay."""
    return _NUMBER.sub(" ", text)


def last_number(text: str) -> frozenset[float]:
    """What the last number of a text may mean; empty where there is none.

    1.234 is a thousand to some and hardly more than one to others: both are returned.
    """
    found = [match.group() for match in _NUMBER.finditer(text)]
    return frozenset(_readings(found[-1])) if found else frozenset()


def _readings(written: str) -> list[float]:
    plain = re.sub(rf"[{_SPACES}]", "", written.replace("−", "-"))
    marks = re.findall("[.,]", plain)
    if not marks:
        return [float(plain)]
    if len(set(marks)) == 2:  # the last kind parts the decimals
        return [_with_decimals(plain, marks[-1])]
    if len(marks) > 1:
        return [_with_decimals(plain, "")]
    whole, _, fraction = re.split("[eE]", plain)[0].partition(marks[0])
    is_ambiguous = len(fraction) == 3 and whole.strip("+-0") != "" and len(whole.strip("+-")) <= 3
    return [_with_decimals(plain, marks[0])] + ([_with_decimals(plain, "")] if is_ambiguous else [])


def _with_decimals(plain: str, mark: str) -> float:
    others = {".", ","} - {mark}
    return float("".join("." if c == mark else c for c in plain if c not in others))
