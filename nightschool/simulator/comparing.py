"""Does an answer agree with a reference? Judged from the two texts alone, by their last word on the matter."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain

from nightschool.simulator.language import Words, admits_ignorance, normalise
from nightschool.simulator.problems.calendar_days import WEEKDAYS
from nightschool.simulator.problems.classification import DEPARTMENTS, INTENTS
from nightschool.simulator.problems.orders import CARRIERS, STATUSES

_FINAL_LINE = re.compile(r"(?:final answer|answer|result|đáp án|kết quả|trả lời)\W{0,4}[:：]\W{0,4}(.+)", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TIME = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TOLERANCE = 0.01


def conclusion(answer: str) -> str:
    """What follows the last final-answer marker, or the whole answer where there is none."""
    found = _FINAL_LINE.findall(answer)
    return str(found[-1]) if found else answer


def agrees(reference: str, answer: str) -> bool:
    """Whether the answer comes to what the reference says; units and wording aside, and in either language."""
    said = conclusion(answer)
    if admits_ignorance(reference):
        return admits_ignorance(said)
    if date := _last_date(reference):
        return _last_date(said) == date
    if time := _last_time(reference):
        return _last_time(said) == time
    if number := _NUMBER.match(reference.strip()):
        numbers = _NUMBER.findall(said)
        return bool(numbers) and _close(float(numbers[-1]), float(number.group()))
    return _names_label(reference, said)


def unit_of(reference: str) -> str:
    """What follows the number of a reference, in lower case; empty where it is no number or has no unit."""
    text = reference.strip()
    number = _NUMBER.match(text)
    # Dates and times begin with digits too, and have no unit.
    return normalise(text[number.end() :]) if number and not (_last_date(text) or _last_time(text)) else ""


def shows_work(answer: str) -> bool:
    """Whether the reader can follow how the answer came about."""
    return bool(re.search(r"(?:step|bước) \d|\d [-+×*/^=] |=", answer, re.IGNORECASE))


def _close(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= _TOLERANCE * max(abs(wanted), _TOLERANCE)


def _last_date(text: str) -> tuple[int, ...] | None:
    dates = [(match.start(), tuple(int(part) for part in match.groups())) for match in _ISO.finditer(text)]
    dates += [(match.start(), tuple(int(part) for part in reversed(match.groups()))) for match in _SLASHED.finditer(text)]
    return max(dates)[1] if dates else None


def _last_time(text: str) -> tuple[int, int] | None:
    times = _TIME.findall(text)
    return (int(times[-1][0]), int(times[-1][1])) if times else None


def _names_label(reference: str, said: str) -> bool:
    wanted, text = normalise(reference).strip(" ."), normalise(said)
    return any(re.search(rf"\b{re.escape(name)}\b", text) for name in (wanted, *_translations().get(wanted, ())))


@cache
def _translations() -> dict[str, tuple[str, ...]]:
    known: chain[Words] = chain(WEEKDAYS, DEPARTMENTS, INTENTS, CARRIERS, STATUSES)
    pairs = [(normalise(words.en), normalise(words.vi)) for words in known]
    return {name: (en, vi) for en, vi in pairs for name in (en, vi)}
