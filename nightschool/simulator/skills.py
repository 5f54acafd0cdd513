"""What a system prompt asks for, read from its own words in English or Vietnamese.

A prompt asks for skills; it may also ask for the opposite of one, contradict itself, or be so long that a model loses
sight of it. What is read here decides how well the simulated model answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from nightschool.simulator.language import Language, language_of

LONG_PROMPT_WORDS = 700
"""Words of instructions beyond which attention thins out; demonstrations are not instructions and do not count."""


class Skill(StrEnum):
    """What a prompt can ask of the simulated model."""

    STEPS = "work step by step"
    FINAL = "end with a final-answer line"
    UNITS = "state units"
    TOOLS = "use the tools"
    LANGUAGE = "answer in the user's language"
    HONESTY = "say what is not known"
    DIRECT = "answer at once and briefly"


_ASKS: Mapping[Skill, str] = {
    Skill.STEPS: r"step[- ]by[- ]step|each step|show (?:\w+ ){0,3}(?:work|calculations?|reasoning|steps?)\b"
    r"|(?:without|never|not) skip|reason(?:ing)? (?:first|before|explicitly|carefully)|think (?:it |this )?through"
    r"|work (?:it |the problem |everything )?out|explain (?:how|your reasoning)|break .{0,40}\b(?:down|into)"
    r"|từng bước|các bước|trình bày (?:cách|lời giải|phép tính|suy luận)|suy luận|lập luận",
    Skill.FINAL: r"final[- ](?:answer|line)|last line|(?:end|finish|conclude|close)\b.{0,60}\b(?:answer|result)"
    r"|(?:commit to|give|state) (?:one|a single) (?:definite |clear |final )?(?:answer|value|result)"
    r"|đáp án|dòng cuối|kết quả cuối|(?:kết thúc|chốt).{0,40}(?:câu trả lời|kết quả)",
    Skill.UNITS: r"\bunits?\b|đơn vị",
    Skill.TOOLS: r"\bcalculator\b|\btools?\b|\blook(?:ing)? .{0,30}up\b|công cụ|máy tính|tra cứu",
    Skill.LANGUAGE: r"(?:same|user's|customer's|question's|asker's|their|its) (?:own )?language"
    r"|language (?:of|that|which|as|in which|the (?:user|customer|question))|match .{0,30}language"
    r"|(?:reply|answer|respond) in vietnamese (?:if|when|to)|ngôn ngữ (?:của|mà|người|khách|câu hỏi)|cùng ngôn ngữ|đúng ngôn ngữ"
    r"|(?:nếu|khi).{0,40}tiếng việt.{0,40}tiếng việt",
    Skill.HONESTY: r"(?:don't|never|rather than|instead of|not) (?:\w+ ){0,2}(?:invent|make .{0,15}up|fabricat|guess|speculat)"
    r"|(?:say|state|admit|tell).{0,50}(?:do not|don't|cannot|can't|not) (?:know|known)|i don't know|admit"
    r"|không (?:được )?(?:bịa|đoán)|đừng (?:bịa|đoán)|(?:nói|thừa nhận).{0,40}không (?:biết|rõ)|tôi không biết",
    Skill.DIRECT: r"\bconcise|\bbrief|to the point|\bdirectly\b|(?:do not|don't|never|without|instead of|rather than) "
    r"(?:\w+ ){0,2}(?:ask|question|clarif)|answer (?:at once|immediately|right away)|ngắn gọn|súc tích|trực tiếp"
    r"|(?:không|đừng) hỏi (?:lại|ngược)|trả lời ngay",
}
_FORBIDS: Mapping[Skill, str] = {
    Skill.STEPS: r"(?:single|one|1) word|một từ|only (?:the|with the) (?:bare )?(?:result|answer|number|value)\b"
    r"|(?:no|without|avoid|omit|not (?:show|give|include|explain)) (?:\w+ ){0,2}"
    r"(?:explanations?|reasoning|calculations?|working|steps)\b|không (?:cần )?(?:giải thích|trình bày)|chỉ ghi (?:kết quả|đáp)",
    Skill.FINAL: r"(?:no|without|avoid|not (?:add|give|write)) (?:\w+ ){0,2}(?:final|conclusion)|leave the answer open|để ngỏ",
    Skill.UNITS: r"(?:(?<!not )(?<!never )(?:omit|leave out|drop)|\bno|(?<!answer )without) (?:\w+ ){0,2}units?\b"
    r"|bỏ đơn vị|không ghi đơn vị",
    Skill.TOOLS: r"(?:no|without|avoid|never (?:use|call)|not (?:use|call)) (?:\w+ ){0,2}(?:tools?|calculator)\b"
    r"|(?:không|đừng) (?:được )?dùng (?:công cụ|máy tính)",
    Skill.LANGUAGE: r"(?:always|only) (?:\w+ ){0,3}(?:in )?(?:english|vietnamese)|(?:luôn|chỉ) (?:\w+ ){0,3}tiếng (?:anh|việt)",
    Skill.HONESTY: r"best guess|always (?:give|provide|have) an answer|never (?:say|admit)\b"
    r"|luôn (?:phải )?có câu trả lời|cứ đoán",
    Skill.DIRECT: r"(?:always|first) ask|ask (?:\w+ ){0,3}(?:clarifying|follow-up) questions?|hỏi lại (?:khách|người dùng)",
}
_ASKED = {skill: re.compile(pattern) for skill, pattern in _ASKS.items()}
_FORBIDDEN = {skill: re.compile(pattern) for skill, pattern in _FORBIDS.items()}

_SPEAKER = r"(?:user|assistant|human|ai|q|a|question|answer|input|output|expected answer|người dùng|trợ lý|hỏi|câu hỏi|trả lời)"
_DEMONSTRATION_LINE = re.compile(rf"^[\s*#>-]*{_SPEAKER}\s*(?::|\*\*:?|$)")
_QUESTION_LINE = re.compile(r"^[\s*#>-]*(?:user|human|q|question|input|người dùng|hỏi|câu hỏi)\b")

_FEWEST_MARKS = 2


@dataclass(frozen=True)
class PromptSkills:
    """How strongly a prompt asks for each skill, from -1 (for its opposite) over 0 (not at all) to 1."""

    strengths: tuple[tuple[Skill, float], ...]
    demonstrations: int
    language: Language

    def of(self, skill: Skill) -> float:
        """The strength of one skill."""
        return next((strength for name, strength in self.strengths if name is skill), 0.0)

    @property
    def key(self) -> str:
        """All of it as text; two prompts with the same key are alike to the model."""
        named = ",".join(f"{skill.name}={strength:.2f}" for skill, strength in self.strengths)
        return f"{named};{min(self.demonstrations, 8)};{self.language}"


def asked_in(text: str) -> tuple[Skill, ...]:
    """The skills that a piece of text asks for, in the order of `Skill`; a sentence that forbids one does not ask for it."""
    sentences = _sentences(text)
    return tuple(skill for skill in Skill if any(_asks(skill, sentence) for sentence in sentences))


def forbidden_in(text: str) -> tuple[Skill, ...]:
    """The skills whose opposite a piece of text asks for."""
    sentences = _sentences(text)
    return tuple(skill for skill in Skill if any(_FORBIDDEN[skill].search(sentence) for sentence in sentences))


@lru_cache(maxsize=4096)
def read_prompt(prompt: str) -> PromptSkills:
    """What a system prompt asks for; its demonstrations are counted, and are not taken for instructions."""
    instructions, demonstrations = split_demonstrations(prompt)
    asked, forbidden = asked_in(instructions), forbidden_in(instructions)
    attention = min(1.0, LONG_PROMPT_WORDS / max(1, len(instructions.split())))
    strengths = tuple(
        (skill, round(_strength(skill in asked, skill in forbidden) * attention, 2))
        for skill in Skill
        if skill in asked or skill in forbidden
    )
    return PromptSkills(strengths, demonstrations, language_of(instructions))


def split_demonstrations(prompt: str) -> tuple[str, int]:
    """The prompt without its examples of questions and answers, and how many of them there are."""
    lines = prompt.splitlines()
    inside = demonstration_lines(lines)
    count = sum(shown and bool(_QUESTION_LINE.match(line.lower())) for line, shown in zip(lines, inside, strict=True))
    return "\n".join(line for line, shown in zip(lines, inside, strict=True) if not shown), count


def demonstration_lines(lines: Sequence[str]) -> list[bool]:
    """Which lines of a prompt belong to demonstrations: from a speaker's mark to the next empty line."""
    inside, marks, found = False, 0, []
    for line in lines:
        if _DEMONSTRATION_LINE.match(line.lower()):
            inside, marks = True, marks + 1
        elif not line.strip():
            inside = False
        found.append(inside)
    # One or two labelled lines are a format, not examples.
    return found if marks > _FEWEST_MARKS else [False] * len(lines)


def _strength(asked: bool, forbidden: bool) -> float:
    if asked and forbidden:
        return 0.4
    return 1.0 if asked else -1.0


def _asks(skill: Skill, sentence: str) -> bool:
    return bool(_ASKED[skill].search(sentence)) and not _FORBIDDEN[skill].search(sentence)


def _sentences(text: str) -> list[str]:
    composed = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    return [" ".join(part.split()) for part in re.split(r"[\n;]|[.!?](?=\s)", composed) if part.strip()]
