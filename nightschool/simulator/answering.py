"""The agent's model: reads a chat, and answers as well as its system prompt lets it.

Whether it fails, and how, is drawn by (seed, question, failure, sample): the same question fails in the same way until
the prompt asks for what prevents it. Only the last, unavoidable failure is drawn anew under each prompt.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from nightschool.simulator import wording
from nightschool.simulator.chat import Chat, OfferedTool
from nightschool.simulator.draws import draw
from nightschool.simulator.failures import Failure, risk_of_other_language, risks, tool_use
from nightschool.simulator.language import language_of, normalise, other
from nightschool.simulator.problem import Question
from nightschool.simulator.skills import read_prompt
from nightschool.simulator.truths import UNKNOWN, Truth
from nightschool.simulator.world import understand

_CALCULATOR = re.compile(r"calc|comput|evaluat|arithmetic|math")
_LOOK_UP = re.compile(r"order|look_?up|status|track")
_GREETS = re.compile(r"\b(hello|hi|hey|good (morning|evening)|chào|alo)\b")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_OPEN_FAILURES = (Failure.ASKS_BACK, Failure.INVENTS, Failure.HEDGES)


@dataclass(frozen=True)
class Reply:
    """What the model says: text, or a call of a tool with its arguments as JSON."""

    content: str = ""
    tool: str = ""
    arguments: str = ""


@dataclass(frozen=True)
class _Attempt:
    """One question, the failure that it meets (None: it goes well), the voice, and the tool that it uses."""

    question: Question
    voice: wording.Voice
    failure: Failure | None
    tool: OfferedTool | None


def answer(chat: Chat, *, seed: int, sample: str) -> Reply:
    """The model's next message; `sample` is the request's own seed and choice, empty at temperature 0."""
    question = understand(chat.users)
    if question is None:
        return Reply(_small_talk(chat))
    attempt = _attempt(chat, question, (seed, question.text, sample))
    if attempt.tool and not chat.tool_results:
        return Reply(tool=attempt.tool.name, arguments=json.dumps(attempt.tool.arguments(_tool_input(attempt))))
    return Reply(_final_text(attempt, chat.tool_results))


def _attempt(chat: Chat, question: Question, names: tuple[object, ...]) -> _Attempt:
    skills = read_prompt(chat.system)
    turned = draw(*names, "language") < risk_of_other_language(question, skills)
    voice = wording.Voice(other(question.language) if turned else question.language, skills, names)
    tool = helpful_tool(question, chat)
    if tool and chat.tool_choice == "auto" and draw(*names, "tool") >= tool_use(skills):
        tool = None
    failure = _first_failure(question, voice, uses_tool=tool is not None)
    if failure in _OPEN_FAILURES and chat.tool_choice == "auto":
        tool = None
    return _Attempt(question, voice, failure, tool)


def helpful_tool(question: Question, chat: Chat) -> OfferedTool | None:
    """The offered tool that this question needs, if any: a look-up for orders, a calculator for formulas."""
    if chat.tool_choice == "none":
        return None
    if chat.tool_choice not in ("auto", "required"):
        return next((tool for tool in chat.tools if tool.name == chat.tool_choice), None)
    if question.problem.domain == "orders":
        return next((tool for tool in chat.tools if _LOOK_UP.search(tool.name.lower())), None)
    if question.truth.expression:
        named = (tool for tool in chat.tools if _CALCULATOR.search(tool.name.lower()) or tool.parameter == "expression")
        return next(named, None)
    return None


def _first_failure(question: Question, voice: wording.Voice, *, uses_tool: bool) -> Failure | None:
    likely = risks(question, voice.skills)
    for failure in Failure:
        if uses_tool and failure in (Failure.GUESSES, Failure.MISCALCULATES):
            continue
        named = f"{failure.name} {voice.skills.key}" if failure is Failure.STUMBLES else failure.name
        if voice.chance(named) < likely.get(failure, 0.0):
            return failure
    return None


def _tool_input(attempt: _Attempt) -> str:
    """What the tool is asked; a model that took a wrong turn asks a calculator for the wrong thing."""
    question = attempt.question
    if question.problem.domain == "orders":
        return str(question.values["order"])
    formula = question.truth.expression
    if attempt.failure in (Failure.SLIPS, Failure.STUMBLES):
        return f"({formula})*2" if question.truth.value else f"{formula}+3"
    if attempt.failure is Failure.LOSES_UNIT:
        return f"({formula})/1000"
    return formula


def _final_text(attempt: _Attempt, tool_results: tuple[str, ...]) -> str:
    truth, voice, failure = attempt.question.truth, attempt.voice, attempt.failure
    if failure in _OPEN_FAILURES:
        return wording.fail_openly(voice, truth, failure)
    if attempt.tool and tool_results:
        return wording.state(voice, *_from_tool(truth, failure, tool_results[-1]))
    if truth.kind == "unknown" and failure:
        return wording.fail_openly(voice, truth, Failure.INVENTS)
    if failure is Failure.LOSES_UNIT:
        return wording.bare_number(voice, truth.in_a_wrong_unit(voice.chance("wrong unit")))
    stated = truth.mistaken(voice.chance("mistake")) if failure else truth
    return wording.state(voice, truth, stated, guessed=failure is Failure.GUESSES)


def _from_tool(truth: Truth, failure: Failure | None, result: str) -> tuple[Truth, Truth]:
    """The truth to reason from and the one to state, after a tool has answered."""
    if truth.kind == "label":
        text = normalise(result)
        found = [position for position, words in enumerate(truth.labels) if normalise(words.en) in text]
        if not found:
            return UNKNOWN, UNKNOWN
        stated = replace(truth, value=found[0])
        return truth, stated.mistaken(0.0) if failure else stated
    numbers = _NUMBER.findall(result)
    if numbers:
        return truth, replace(truth, value=round(float(numbers[-1]), 2))
    # The tool failed: what is left is mental arithmetic.
    return truth, truth.mistaken(0.0) if failure else truth


def _small_talk(chat: Chat) -> str:
    text = normalise(chat.users[-1]) if chat.users else ""
    words = wording.GREETING if _GREETS.search(text) else wording.SMALL_TALK
    return words.in_language(language_of(text))
