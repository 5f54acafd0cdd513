"""Answers that no reply can be measured against: "it depends", "N/A", "tùy trường hợp"."""

from __future__ import annotations

import re

_WHOLE = (
    r"n\s*/?\s*a|tbd|tba|todo|to be (?:done|defined|determined)|fixme|xxx|unclear|not sure|idk|(?:i )?don'?t know|no idea"
    r"|maybe|perhaps|possibly|it varies|varies|various|anything|whatever|and so on|etc|same as above|see (?:above|below)"
    r"|tùy(?: ý| bạn)?|có thể|có lẽ|không biết|không rõ|chưa biết|chưa rõ|chưa xác định|vân vân|v\.?v|như trên|gì cũng được"
)
_BEGINNINGS = (
    r"(?:well,? )?(?:it|that|this) (?:all )?depends|depends on|depending on|tùy (?:thuộc|theo|vào|trường hợp|từng|lúc|nơi)"
)
_MOST_WORDS = 10
"""A longer answer that begins so goes on to say on what, and how."""

_VAGUE = re.compile(rf"(?:{_WHOLE})|(?:{_BEGINNINGS})\b.*|[-–—_/.…?!\\]*", re.DOTALL)
_EDGES = " \t\r\n.,;:!?…\"'()[]"


def is_vague(answer: str) -> bool:
    """Whether an expected answer says nothing; both spellings of "tùy" are known."""
    plain = re.sub(r"\s+", " ", answer).replace("’", "'").casefold().replace("tuỳ", "tùy").strip(_EDGES)
    return len(plain.split()) <= _MOST_WORDS and _VAGUE.fullmatch(plain) is not None
