"""A day at the demo's support desk: its staff paste a customer's mail and ask for one value of it.

Only these people are made up; the model, the agent and its memory are real. Every message is put together from independent
parts (question, greeting, sentence, ending), so that few are near-copies of each other, and a day is the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from random import Random

from demo import phrases

SMALL_TALK = "small talk"
SMALL_TALK_SHARE = 0.04
REPEATED_SHARE = 0.03
SHARES = {"order": 3, "date": 3, "time": 3, "city": 3, "name": 2, "email": 1}
"""How often each kind of value is asked for."""

MESSAGES_IN_A_SESSION = (1, 1, 1, 1, 1, 1, 2, 2, 3)
"""What a session's length is drawn from."""


@dataclass(frozen=True)
class DeskMessage:
    """One message to the desk's agent; `expected` is the bare value that the desk wants back, empty for small talk."""

    session_id: str
    user_id: str
    text: str
    kind: str
    expected: str


@dataclass(frozen=True)
class Session:
    """What one of the staff writes in one session."""

    session_id: str
    user_id: str
    messages: tuple[str, ...]


def messages(day: date, count: int, seed: int = 0) -> list[DeskMessage]:
    """The messages of a day in their order: sessions of one to three, with a little small talk and a few repeats."""
    random = Random(f"support desk {seed} {day.isoformat()}")
    drawn: list[DeskMessage] = []
    for session_id, user_id in _places(day, count, random):
        drawn.append(replace(_message(drawn, random), session_id=session_id, user_id=user_id))
    return drawn


def sessions(day_messages: Iterable[DeskMessage]) -> list[Session]:
    """The same messages, session by session."""
    by_session = groupby(day_messages, key=lambda message: (message.session_id, message.user_id))
    return [Session(*who, tuple(message.text for message in written)) for who, written in by_session]


def _places(day: date, count: int, random: Random) -> Iterator[tuple[str, str]]:
    made, session = 0, 0
    while made < count:
        session += 1
        user_id = f"clerk-{random.randrange(1, 200):03d}"
        for _ in range(min(random.choice(MESSAGES_IN_A_SESSION), count - made)):
            made += 1
            yield f"desk-{day:%Y%m%d}-{session:04d}", user_id


def _message(before: list[DeskMessage], random: Random) -> DeskMessage:
    dice = random.random()
    if dice < SMALL_TALK_SHARE:
        return _unsent(random.choice(phrases.SMALL_TALK), SMALL_TALK, "")
    if before and dice < SMALL_TALK_SHARE + REPEATED_SHARE:
        return random.choice(before)
    kind = random.choices(list(SHARES), list(SHARES.values()))[0]
    value = VALUES[kind](random)
    mail = (random.choice(phrases.OPENERS), random.choice(phrases.CORES[kind]), random.choice(phrases.ENDINGS))
    question = random.choice(phrases.ASKS[kind])
    return _unsent(f"{question}\n{' '.join(part for part in mail if part)}".replace("{v}", value), kind, value)


def _unsent(text: str, kind: str, expected: str) -> DeskMessage:
    return DeskMessage("", "", text, kind, expected)


def _order(random: Random) -> str:
    letters = "".join(random.choices("ABCDEFGHKLMNPRST", k=2))
    return random.choice([f"{random.randrange(10000, 99999)}", f"{letters}-{random.randrange(1000, 9999)}"])


def _email(random: Random) -> str:
    first, last = random.choice(phrases.FIRST_NAMES).lower(), random.choice(phrases.LAST_NAMES).lower()
    account = random.choice([f"{first}.{last}", f"{first}{random.randrange(10, 99)}", f"{first[0]}{last}"])
    return f"{account.replace(' ', '')}@{random.choice(phrases.MAIL_HOSTS)}"


def _name(random: Random) -> str:
    return f"{random.choice(phrases.FIRST_NAMES)} {random.choice(phrases.LAST_NAMES)}"


VALUES: dict[str, Callable[[Random], str]] = {
    "order": _order,
    "email": _email,
    "date": lambda random: f"{random.randrange(1, 29)} {random.choice(phrases.MONTHS)}",
    "name": _name,
    "city": lambda random: random.choice(phrases.CITIES),
    "time": lambda random: f"{random.randrange(8, 20)}:{random.choice(('00', '15', '30', '45'))}",
}
"""What makes a value of each kind."""
