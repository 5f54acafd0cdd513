"""The simulated world: what people may ask, what is true, and how a text is understood as one of its questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from random import Random

from nightschool.simulator.language import Language, Words, normalise
from nightschool.simulator.problem import Problem, Question
from nightschool.simulator.problems import PROBLEMS

DOMAIN_SHARES = {
    "arithmetic": 0.26,
    "conversion": 0.15,
    "dates": 0.15,
    "orders": 0.12,
    "classification": 0.12,
    "policy": 0.11,
    "unknowable": 0.09,
}
"""How much of the traffic each domain makes."""

FOLLOW_UP = Words("And what if it were {number} instead?", "Thế nếu là {number} thì sao?")

_FOLLOW_UP_PATTERN = re.compile(r"and what if it were (\d+) instead|thế nếu là (\d+) thì sao")
_BY_DOMAIN = {domain: tuple(p for p in PROBLEMS if p.domain == domain) for domain in DOMAIN_SHARES}


def ask_anything(rng: Random, language: Language) -> str:
    """A fresh question, as a user types it; domains by their shares."""
    domain = rng.choices(tuple(DOMAIN_SHARES), weights=tuple(DOMAIN_SHARES.values()))[0]
    problem: Problem = rng.choice(_BY_DOMAIN[domain])
    values = {name: slot.sample(rng) for name, slot in problem.slots.items()}
    return problem.ask(rng.randrange(len(problem.wordings)), values, language)


@lru_cache(maxsize=65536)
def recognise(text: str) -> Question | None:
    """The question in a text, whatever politeness stands around it; None where the world has no such question."""
    normal = normalise(text)
    return next((found for problem in PROBLEMS if (found := problem.recognise(normal))), None)


def understand(messages: Sequence[str]) -> Question | None:
    """What the last of a user's messages asks, read after the ones before it (a follow-up changes a number)."""
    if not messages:
        return None
    if found := recognise(messages[-1]):
        return found
    match = _FOLLOW_UP_PATTERN.search(normalise(messages[-1]))
    if not match:
        return None
    earlier = understand(messages[:-1])
    return earlier.with_first_number(int(match.group(1) or match.group(2))) if earlier else None


def population(seed: int, size: int) -> tuple[Question, ...]:
    """A sample of fresh questions, the same for the same seed."""
    rng = Random(f"population {seed}")
    # One language after the other: both have the same share.
    languages: tuple[Language, Language] = ("en", "vi")
    found = (recognise(ask_anything(rng, languages[position % 2])) for position in range(size))
    return tuple(question for question in found if question)
