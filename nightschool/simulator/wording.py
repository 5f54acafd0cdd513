"""How the simulated model puts its answers into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nightschool.simulator.draws import choose, draw
from nightschool.simulator.failures import Failure
from nightschool.simulator.language import Language, Words, number_text
from nightschool.simulator.skills import PromptSkills, Skill
from nightschool.simulator.truths import Truth

GREETING = Words("Hello! What can I do for you?", "Xin chào! Mình có thể giúp gì cho bạn?")
SMALL_TALK = Words("You are welcome. Is there anything else?", "Không có gì ạ. Bạn cần thêm gì không?")

_OPENINGS = (
    Words("Sure, happy to help! ", "Dạ, rất vui được hỗ trợ bạn! "),
    Words("Good question. ", "Câu hỏi hay quá. "),
    Words("", ""),
)
_SENTENCES = (
    Words("The result is {}.", "Kết quả là {}."),
    Words("It comes to {}.", "Như vậy là {}."),
    Words("That would be {}.", "Vậy sẽ là {}."),
    Words("{}.", "{}."),
)
_GUESSED = Words("It should be {} by now.", "Chắc giờ là {} rồi.")
_FINAL = Words("Final answer: {}", "Đáp án: {}")
_STEP = Words("Step {}: {}", "Bước {}: {}")
_NOT_KNOWN = Words("{}, because it is not in the data that I have.", "{}, vì dữ liệu tôi có không nói điều này.")
_ASKS_BACK = (
    Words("Could you tell me a little more about what you need?", "Bạn có thể cho mình biết thêm chi tiết không?"),
    Words("Before I answer, what exactly is this for?", "Trước khi trả lời, bạn cần việc này để làm gì vậy?"),
)
_HEDGED_NUMBER = Words("It depends; somewhere between {} and {}, I suppose.", "Còn tùy, có lẽ nằm trong khoảng từ {} đến {}.")
_HEDGED = Words(
    "It depends on how one looks at it; more than one reading is possible.",
    "Còn tùy cách nhìn, có thể hiểu theo nhiều hướng.",
)
_INVENTED = (
    Words("Going by the usual trend, it will be {}.", "Theo xu hướng chung thì sẽ là {}."),
    Words("It is {}, quite certainly.", "Chắc chắn là {}."),
)
_UNPROMPTED_STEPS, _UNPROMPTED_FINAL, _UNPROMPTED_UNIT = 0.12, 0.04, 0.55


@dataclass(frozen=True)
class Voice:
    """Who speaks: the language, what the prompt asks for, and the names that its chances are drawn by."""

    language: Language
    skills: PromptSkills
    names: tuple[object, ...]

    def chance(self, what: str) -> float:
        """A number in [0, 1) for one choice of words."""
        return draw(*self.names, what)

    def follows(self, skill: Skill, unprompted: float) -> bool:
        """Whether this answer does what the skill says; `unprompted` is how often it does so by itself."""
        strength = self.skills.of(skill)
        return self.chance(f"follows {skill}") < (unprompted if strength == 0 else max(0.0, strength))

    def pick(self, options: Sequence[Words], what: str) -> str:
        """One of several phrases, in the language."""
        return choose(options, *self.names, what).in_language(self.language)

    def say(self, words: Words) -> str:
        """A phrase in the language."""
        return words.in_language(self.language)


def state(voice: Voice, truth: Truth, stated: Truth, *, guessed: bool = False) -> str:
    """An answer that commits to `stated`, which differs from the truth where the model is wrong."""
    if truth.kind == "unknown":
        return _admit(voice, truth)
    with_unit = voice.follows(Skill.UNITS, _UNPROMPTED_UNIT)
    value = stated.text(voice.language) if with_unit else stated.bare(voice.language)
    lines = _steps(voice, truth, stated) if voice.follows(Skill.STEPS, _UNPROMPTED_STEPS) else []
    sentence = voice.say(_GUESSED) if guessed else voice.pick(_SENTENCES, "sentence")
    opening = "" if lines or voice.follows(Skill.DIRECT, 0.3) else voice.pick(_OPENINGS, "opening")
    lines.append(opening + sentence.format(value))
    if voice.follows(Skill.FINAL, _UNPROMPTED_FINAL):
        lines.append(voice.say(_FINAL).format(value))
    return "\n".join(lines)


def fail_openly(voice: Voice, truth: Truth, failure: Failure) -> str:
    """An answer that states no value that could be right: it asks back, hedges or invents."""
    if failure is Failure.ASKS_BACK:
        return voice.pick(_ASKS_BACK, "asks back")
    if failure is Failure.INVENTS:
        invented = number_text(20 + int(voice.chance("invented") * 9000))
        return voice.pick(_INVENTED, "invents").format(invented)
    if truth.kind == "number" and truth.value:
        low, high = number_text(truth.value * 0.6), number_text(truth.value * 1.5)
        return voice.say(_HEDGED_NUMBER).format(low, high)
    return voice.say(_HEDGED)


def bare_number(voice: Voice, stated: Truth) -> str:
    """A number without its unit."""
    return voice.pick(_SENTENCES, "sentence").format(stated.bare(voice.language))


def _admit(voice: Voice, truth: Truth) -> str:
    admitted = truth.text(voice.language)
    lines = [voice.say(_NOT_KNOWN).format(admitted)]
    if voice.follows(Skill.FINAL, _UNPROMPTED_FINAL):
        lines.append(voice.say(_FINAL).format(admitted))
    return "\n".join(lines)


def _steps(voice: Voice, truth: Truth, stated: Truth) -> list[str]:
    lines = [words.in_language(voice.language) for words in truth.work]
    right, said = truth.bare(voice.language), stated.bare(voice.language)
    if truth.kind == "number" and lines[-1].endswith(right):
        lines[-1] = lines[-1].removesuffix(right) + said
    elif truth.kind in ("date", "time"):
        lines[-1] = f"{lines[-1]} = {said}"
    return [voice.say(_STEP).format(position, line) for position, line in enumerate(lines, start=1)]
