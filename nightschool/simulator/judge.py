"""The judge: grades an answer by what it is shown, the question, the answer, the reference if there is one.

It knows no prompt, no arm and no hidden label. Without a reference it works out the answer itself, as a large model
would; where it can't, it stays in the middle.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nightschool.simulator.chat import json_values
from nightschool.simulator.comparing import agrees, shows_work, unit_of
from nightschool.simulator.draws import draw
from nightschool.simulator.language import admits_ignorance, language_of, normalise, reads_as
from nightschool.simulator.world import recognise, understand

NOISE = 0.04
"""The judge's grades wander by up to so much, the same way for the same request."""


@dataclass(frozen=True)
class Grade:
    """A score in [0, 1] and the sentence that explains it."""

    score: float
    reason: str


def grade_request(text: str, *, seed: int, sample: str) -> str:
    """The judge's answer to a request that carries JSON with `question`, `answer` and perhaps `reference`."""
    found = (value for value in json_values(text) if isinstance(value, dict) and {"question", "answer"} <= value.keys())
    shown: Mapping[str, Any] = next(found, {})
    if not shown:
        return json.dumps({"score": 0.5, "reason": "There was no question with an answer to grade."})
    question, answer = str(shown["question"]), str(shown["answer"])
    verdict = grade(question, answer, str(shown.get("reference") or ""), earlier=_asked_before(shown))
    if not answer.strip():
        return json.dumps({"score": 0.0, "reason": verdict.reason})
    noise = (draw(seed, "judge", question, answer, sample) * 2 - 1) * NOISE
    return json.dumps({"score": round(min(1.0, max(0.0, verdict.score + noise)), 3), "reason": verdict.reason})


def grade(question: str, answer: str, reference: str = "", *, earlier: Sequence[str] = ()) -> Grade:
    """The grade before noise; `earlier` are the user's messages before the question, which a follow-up needs."""
    if not answer.strip():
        return Grade(0.0, "The answer is empty.")
    understood = understand([*earlier, question])
    expected = reference or (understood.expected_answer if understood else "")
    if not expected:
        return Grade(0.6 if shows_work(answer) else 0.5, "Nothing to compare with; the answer reads plausibly.")
    if not agrees(expected, answer):
        return _wrong(expected, answer)
    return _right(question, expected, answer)


def _asked_before(shown: Mapping[str, Any]) -> list[str]:
    lines = str(shown.get("conversation_so_far") or "").splitlines()
    return [line.removeprefix("user: ") for line in lines if line.startswith("user: ")]


def _wrong(expected: str, answer: str) -> Grade:
    if admits_ignorance(answer):
        return Grade(0.25, "The answer admits ignorance where an answer was possible.")
    if admits_ignorance(expected):
        return Grade(0.1, "The answer invents something that can't be known.")
    if answer.rstrip().endswith("?"):
        return Grade(0.12, "The answer asks back and gives no result.")
    if shows_work(answer):
        return Grade(0.25, "Work is shown, but the result is wrong.")
    return Grade(0.15, "The result is wrong or missing, and no work is shown.")


def _right(question: str, expected: str, answer: str) -> Grade:
    score, remarks = 0.8, ["The result is correct"]
    if shows_work(answer) or admits_ignorance(expected):
        score, remarks = 0.97, ["The result is correct and one can follow it"]
    unit = unit_of(expected)
    if unit and not any(name in normalise(answer) for name in _names_of(unit, question)):
        score -= 0.1
        remarks.append("the unit is missing")
    if not reads_as(answer, language_of(question)):
        score -= 0.25
        remarks.append("it is not in the user's language")
    return Grade(score, ", but ".join(remarks) + ".")


def _names_of(unit: str, question: str) -> tuple[str, ...]:
    understood = recognise(question)
    if not understood:
        return (unit,)
    words = understood.truth.unit
    return (unit, normalise(words.en), normalise(words.vi))
