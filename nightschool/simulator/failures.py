"""How the simulated model can fail, how likely that is for a question, and which skill prevents it.

This is the world model itself: the risk of each failure is a number by domain and difficulty, and a prompt that asks
for the skill takes most of it away. A single skill therefore gives a part of the gain, and all of them nearly all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from nightschool.simulator.problem import Difficulty, Question
from nightschool.simulator.skills import PromptSkills, Skill


class Failure(StrEnum):
    """One way to give a useless answer; where several happen at once, the first in this order is seen."""

    ASKS_BACK = "asks back instead of answering"
    INVENTS = "invents what nobody can know"
    GUESSES = "guesses what it should look up"
    HEDGES = "does not commit to one answer"
    LOSES_UNIT = "forgets the unit and slips by orders of magnitude"
    SLIPS = "takes a wrong turn in the reasoning"
    MISCALCULATES = "takes the right way and calculates wrong"
    STUMBLES = "is wrong for no reason that a prompt could mend"


REMEDY: Mapping[Failure, Skill] = {
    Failure.ASKS_BACK: Skill.DIRECT,
    Failure.INVENTS: Skill.HONESTY,
    Failure.GUESSES: Skill.TOOLS,
    Failure.HEDGES: Skill.FINAL,
    Failure.LOSES_UNIT: Skill.UNITS,
    Failure.SLIPS: Skill.STEPS,
    Failure.MISCALCULATES: Skill.TOOLS,
}
_LEVELS: tuple[Difficulty, ...] = ("easy", "medium", "hard")
_Levels = tuple[float, float, float]


def _level(risk: float) -> _Levels:
    return (risk, risk, risk)


_RISKS: Mapping[str, Mapping[Failure, _Levels]] = {
    "arithmetic": {
        Failure.ASKS_BACK: _level(0.05),
        Failure.HEDGES: _level(0.16),
        Failure.LOSES_UNIT: _level(0.10),
        Failure.SLIPS: (0.10, 0.32, 0.45),
        Failure.MISCALCULATES: (0.05, 0.20, 0.40),
    },
    "conversion": {
        Failure.ASKS_BACK: _level(0.04),
        Failure.HEDGES: _level(0.10),
        Failure.LOSES_UNIT: _level(0.30),
        Failure.SLIPS: (0.05, 0.12, 0.25),
        Failure.MISCALCULATES: (0.04, 0.16, 0.25),
    },
    "dates": {
        Failure.ASKS_BACK: _level(0.05),
        Failure.HEDGES: _level(0.16),
        Failure.SLIPS: (0.14, 0.35, 0.50),
    },
    "orders": {Failure.ASKS_BACK: _level(0.10), Failure.HEDGES: _level(0.05), Failure.GUESSES: _level(0.80)},
    "classification": {
        Failure.ASKS_BACK: _level(0.06),
        Failure.HEDGES: _level(0.18),
        Failure.SLIPS: (0.05, 0.18, 0.40),
    },
    "policy": {Failure.ASKS_BACK: _level(0.08), Failure.HEDGES: _level(0.16), Failure.SLIPS: (0.10, 0.28, 0.45)},
    "unknowable": {Failure.ASKS_BACK: _level(0.03), Failure.INVENTS: _level(0.90)},
}
_STUMBLES = 0.03
_RESIDUAL = 0.08
_SPONTANEOUS_TOOL_USE = 0.20
_RISK_OF_OTHER_LANGUAGE = {("vi", "vi"): 0.25, ("vi", "en"): 0.45, ("en", "vi"): 0.18, ("en", "en"): 0.01}
WRONG_LANGUAGE_CREDIT = 0.5
"""What a right answer is worth to a user who was not answered in their language."""


def risks(question: Question, skills: PromptSkills) -> dict[Failure, float]:
    """The probability of each failure that this question invites, before any tool helps."""
    level = _LEVELS.index(question.problem.difficulty)
    invited = {failure: levels[level] for failure, levels in _RISKS[question.problem.domain].items()}
    shown = 1 - 0.06 * min(1.0, skills.demonstrations / 6)
    lowered = {failure: _lowered(risk * shown, skills.of(REMEDY[failure])) for failure, risk in invited.items()}
    # Tools are a matter of using them: see `tool_use`.
    for failure in (Failure.GUESSES, Failure.MISCALCULATES):
        if failure in lowered:
            lowered[failure] = invited[failure]
    return {**lowered, Failure.STUMBLES: _STUMBLES}


def tool_use(skills: PromptSkills) -> float:
    """The probability that a tool which would help is used, where one is offered."""
    strength = skills.of(Skill.TOOLS)
    if strength < 0:
        return 0.02
    return _SPONTANEOUS_TOOL_USE + (0.97 - _SPONTANEOUS_TOOL_USE) * strength


def risk_of_other_language(question: Question, skills: PromptSkills) -> float:
    """The probability of an answer in the language that was not asked in."""
    return _lowered(_RISK_OF_OTHER_LANGUAGE[question.language, skills.language], skills.of(Skill.LANGUAGE))


def _lowered(risk: float, strength: float) -> float:
    if strength < 0:
        return min(0.95, risk * (1 - 0.6 * strength))
    return risk * (1 - strength) + risk * _RESIDUAL * strength
