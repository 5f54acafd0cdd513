"""The ground truth that only a simulated world has: how good a prompt really is."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from nightschool.simulator.failures import (
    WRONG_LANGUAGE_CREDIT,
    Failure,
    risk_of_other_language,
    risks,
    tool_use,
)
from nightschool.simulator.problem import Question
from nightschool.simulator.skills import PromptSkills, read_prompt
from nightschool.simulator.world import population

_POPULATION_SEED = 20260101
_POPULATION_SIZE = 1500


@lru_cache(maxsize=1)
def _everybody() -> tuple[Question, ...]:
    return population(_POPULATION_SEED, _POPULATION_SIZE)


@lru_cache(maxsize=1024)
def true_quality(prompt: str, *, tools: bool = True) -> float:
    """The expected correctness of the answers that the agent gives under this system prompt, in [0, 1].

    Exact over a fixed sample of the world's questions, not measured by rollouts; a right answer in the wrong language
    counts one half.

    Args:
        prompt: the system prompt.
        tools: whether the agent is given a calculator and a look-up of orders.
    """
    skills = read_prompt(prompt)
    qualities = [expected_credit(question, skills, tools=tools) for question in _everybody()]
    return sum(qualities) / len(qualities)


def expected_credit(question: Question, skills: PromptSkills, *, tools: bool = True) -> float:
    """The expected credit of one question's answer, in [0, 1]."""
    likely = risks(question, skills)
    without_tool = 1 - tool_use(skills) if tools else 1.0
    for failure in (Failure.GUESSES, Failure.MISCALCULATES):
        if failure in likely:
            likely[failure] *= without_tool
    right = prod(1 - risk for risk in likely.values())
    return right * (1 - (1 - WRONG_LANGUAGE_CREDIT) * risk_of_other_language(question, skills))
