"""The people of the simulated world: users who ask, repeat themselves and say thanks, and staff who rate and correct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from nightschool.simulator.comparing import agrees, shows_work
from nightschool.simulator.draws import draw
from nightschool.simulator.language import Language, Words, language_of, reads_as
from nightschool.simulator.problem import Question
from nightschool.simulator.slots import Number
from nightschool.simulator.world import FOLLOW_UP, ask_anything, recognise, understand

USERS = 180
"""How many people write to the desk; some write often."""

RATED, CORRECTED = 0.75, 0.9
"""Share of the answers that staff rate, and of the rated wrong ones that they correct."""

_QUIET_SESSIONS, _REPEATING_SESSIONS = 0.03, 0.05
_SECOND_MESSAGE, _THIRD_MESSAGE = 0.28, 0.2
_GREETINGS = (Words("hello", "xin chào"), Words("Hi there!", "Chào shop"), Words("good morning", "Alo shop ơi"))
_THANKS = (Words("thanks!", "cảm ơn nhé"), Words("ok", "ok"), Words("great, thank you", "dạ em cảm ơn"), Words("👍", "👍"))
_BEFORE = (
    Words("", ""),
    Words("", ""),
    Words("", ""),
    Words("Quick question: ", "Cho mình hỏi: "),
    Words("hey, ", "dạ cho em hỏi, "),
    Words("Hello, I need help. ", "Shop ơi giúp mình với. "),
)
_AFTER = (Words("", ""), Words("", ""), Words("", ""), Words(" Thanks in advance!", " Cảm ơn nhiều!"), Words(" pls", " ạ"))


@dataclass(frozen=True)
class SimulatedSession:
    """One session of one user on one day: what the user writes, message by message."""

    session_id: str
    user_id: str
    messages: tuple[str, ...]


@dataclass(frozen=True)
class Reaction:
    """What staff make of an answer: a rating from 1 to 5, the right answer where it was wrong, a word of comment."""

    rating: int | None = None
    correction: str | None = None
    comment: str = ""


def conversations(seed: int, sessions: int, day: date) -> list[SimulatedSession]:
    """A day's sessions, the same for the same arguments; a day has its own questions.

    About one session in twelve brings nothing new: it is only a greeting, or repeats an earlier question of the day
    word for word or nearly so. Follow-ups change a number of the question before them.
    """
    rng = Random(f"people {seed} {day.isoformat()}")
    found: list[SimulatedSession] = []
    asked: list[str] = []
    for position in range(sessions):
        # The square makes some users frequent and most rare.
        user = int(USERS * rng.random() ** 2)
        messages = _messages(rng, asked, "vi" if user % 2 else "en")
        found.append(SimulatedSession(f"s{seed}-{day:%Y%m%d}-{position:04d}", f"user-{user:03d}", tuple(messages)))
    return found


def react(question: str, answer: str, *, earlier: Sequence[str] = (), seed: int = 0) -> Reaction:
    """How staff react to an answer; the same for the same arguments.

    Args:
        question: the user's message.
        answer: what the agent answered.
        earlier: the user's messages before it in the session, which a follow-up needs.
        seed: of the simulated staff.
    """
    understood = understand([*earlier, question])
    if understood is None or draw(seed, "rated", question, answer) >= RATED:
        return Reaction()
    if not agrees(understood.expected_answer, answer):
        return _disagree(understood, question, answer, seed)
    if not reads_as(answer, understood.language):
        comment = Words("right, but please answer in English", "đúng, nhưng xin trả lời bằng tiếng Việt")
        return Reaction(3, None, comment.in_language(understood.language))
    return Reaction(5 if shows_work(answer) or draw(seed, "pleased", question, answer) < 0.4 else 4)


def _disagree(understood: Question, question: str, answer: str, seed: int) -> Reaction:
    rating = 1 if draw(seed, "annoyed", question, answer) < 0.6 else 2
    corrects = draw(seed, "corrected", question, answer) < CORRECTED
    comment = Words("wrong", "sai rồi").in_language(understood.language)
    return Reaction(rating, understood.expected_answer if corrects else None, comment)


def _messages(rng: Random, asked: list[str], language: Language) -> list[str]:
    kind = rng.random()
    if kind < _QUIET_SESSIONS:
        return [rng.choice(_GREETINGS).in_language(language)]
    known = [question for question in asked if language_of(question) == language]
    if kind < _QUIET_SESSIONS + _REPEATING_SESSIONS and known:
        return [_nearly(rng, rng.choice(known))]
    question = ask_anything(rng, language)
    asked.append(question)
    messages = [_politely(rng, question)]
    if rng.random() < 0.08:
        messages.insert(0, _phrase(rng, _GREETINGS, question))
    if rng.random() < _SECOND_MESSAGE:
        messages.append(_next_message(rng, question, asked))
        if len(messages) < 3 and rng.random() < _THIRD_MESSAGE:
            messages.append(_phrase(rng, _THANKS, question))
    return messages


def _next_message(rng: Random, question: str, asked: list[str]) -> str:
    kind = rng.random()
    if kind < 0.3:
        return _phrase(rng, _THANKS, question)
    if kind < 0.5 and (follow_up := _follow_up(rng, question)):
        return follow_up
    another = ask_anything(rng, language_of(question))
    asked.append(another)
    return _politely(rng, another)


def _follow_up(rng: Random, question: str) -> str:
    """The same with another number, or nothing where the question has none that could be changed."""
    understood = recognise(question)
    slots = understood.problem.slots.values() if understood else ()
    number = next((slot for slot in slots if isinstance(slot, Number)), None)
    if number is None:
        return ""
    return FOLLOW_UP.in_language(language_of(question)).format(number=number.sample(rng))


def _politely(rng: Random, question: str) -> str:
    return _phrase(rng, _BEFORE, question) + question + _phrase(rng, _AFTER, question)


def _nearly(rng: Random, question: str) -> str:
    """The same question again: as it was, in other case, without its last mark, or with a hurried one."""
    return rng.choice((question, question.lower(), question.rstrip("?."), f"{question}??", f" {question} "))


def _phrase(rng: Random, phrases: Sequence[Words], like: str) -> str:
    return rng.choice(phrases).in_language(language_of(like))
