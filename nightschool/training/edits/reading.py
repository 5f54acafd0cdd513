"""What of an editor's answer is the prompt: what stands around it is taken off where that is certain, else it is no prompt."""

from __future__ import annotations

import re

from nightschool.llm import Reply
from nightschool.records import Record

CUT_OFF = "cut off at models.max_output_tokens"
FILTERED = "cut off by a content filter"
REFUSES = "the editor would not"
EXPLAINS = "an explanation around it"
_UNFINISHED = {"length": CUT_OFF, "content_filter": FILTERED}
_FENCE = re.compile(r"\A```[\w-]*\n(.*?)\n?```\Z", re.DOTALL)
_FENCE_MARK = re.compile(r"^```", re.MULTILINE)
_HERE = r"(?:here|below)(?:'s|’s| (?:it )?(?:is|are))\b"
_OPENING = r"(?:sure|certainly|of course|okay|ok|absolutely)\b"
_THE_PROMPT = r"(?:revised|updated|improved|edited|new|final|rewritten|modified) (?:system )?(?:prompt|template|version)\b"
_OPENS = re.compile(rf"\A(?:{_OPENING}|{_HERE})", re.IGNORECASE)
_ANNOUNCES = re.compile(
    rf"\A\W{{0,6}}(?:{_OPENING}[^\n\w]{{1,4}})?"
    rf"(?:{_HERE} (?:the |an? |your )?{_THE_PROMPT}[^\n]{{0,80}}:|(?:the )?{_THE_PROMPT}(?: is)?:)\**[ \t]*\n+",
    re.IGNORECASE,
)
"""A line before the prompt: “Here is the revised prompt that …:”, or “Revised prompt:”."""
_AFTERWORD = re.compile(
    r"^\W{0,6}(?:explanation|rationale|(?:key |main |summary of )?changes(?: made)?|what (?:i )?changed)\b[^\n]{0,60}:\W*$"
    r"|^(?:i|i've|i have|this (?:revised|updated|improved|new)(?: prompt| version)?) (?:made|changed|added|removed|addresses)\b",
    re.IGNORECASE | re.MULTILINE,
)
_REFUSAL = re.compile(
    r"\A\W{0,4}(?:(?:i'm|i’m|i am) (?:very |so )?(?:sorry|unable|not able)|sorry,|i (?:can't|can’t|cannot|won't|won’t) )",
    re.IGNORECASE,
)


class Edited(Record):
    """The edited prompt, or why the answer is none."""

    text: str
    unusable: str = ""


def read_edit(reply: Reply, before: str) -> Edited:
    """The prompt in an editor's answer.

    Args:
        reply: the editor's.
        before: the prompt that it was to edit; what it said itself already is no explanation of the editor's.
    """
    text = reply.text.strip()
    if reply.finish_reason in _UNFINISHED:
        return Edited(text=text, unusable=_UNFINISHED[reply.finish_reason])
    text = _unwrapped(text)
    if is_refusal(text) and not is_refusal(before):
        return Edited(text=text, unusable=REFUSES)
    if _explains(text) and not _explains(before):
        return Edited(text=text, unusable=EXPLAINS)
    return Edited(text=text)


def is_refusal(text: str) -> bool:
    """Whether a model says that it will not; no prompt and no critique begins like that."""
    return _REFUSAL.match(text) is not None


def _unwrapped(text: str) -> str:
    """Without a fence around all of it, and without a line that announces the prompt."""
    announced = _ANNOUNCES.match(text)
    rest = text[announced.end() :].strip() if announced else text
    if len(_FENCE_MARK.findall(rest)) > 2:
        return text if announced else rest  # fences of the prompt's own: nobody knows which is the outer one
    if announced and rest.startswith("```") and rest.count("\n```") == 1:
        rest = rest[: rest.index("\n```") + 4]  # what is said after the one that was announced is not the prompt
    fenced = _FENCE.match(rest)
    return (fenced[1] if fenced else rest).strip()


def _explains(text: str) -> bool:
    return bool(_OPENS.match(text) or _ANNOUNCES.match(text) or _AFTERWORD.search(text))
