"""A day at the demo's support desk: its staff paste a customer's mail and ask for one value of it.

Only these people are made up; the model, the agent and its memory are real. Every message is put together from independent
parts (question, greeting, sentence, ending), so that few are near-copies of each other, and a day is the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from demo import phrases

SMALL_TALK = "small talk"
SMALL_TALK_SHARE = 0.04
REPEATED_SHARE = 0.03
MESSAGES_IN_A_SESSION = (1, 1, 1, 1, 1, 1, 2, 2, 3)
"""What a session's length is drawn from."""

OPENS, CLOSES = time(8), time(18)


@dataclass(frozen=True)
class DeskMessage:
    """One message to the desk's agent.

    `expected` is the bare value that the desk wants back, empty for small talk; `sent_at` is in UTC.
    """

    session_id: str
    user_id: str
    text: str
    kind: str
    expected: str
    sent_at: datetime


def messages(day: date, count: int, seed: int = 0) -> list[DeskMessage]:
    """The messages of a day, in the order in which they are sent: sessions of one to three, a little small talk, a few repeats."""
    random = Random(f"support desk {seed} {day.isoformat()}")
    sessions = _sessions(day, count, random)
    drawn: list[DeskMessage] = []
    for (session_id, user_id), sent_at in zip(sessions, _moments(day, count, random), strict=True):
        message = _message(drawn, random)
        drawn.append(replace(message, session_id=session_id, user_id=user_id, sent_at=sent_at))
    return drawn


def _sessions(day: date, count: int, random: Random) -> Iterator[tuple[str, str]]:
    made, session = 0, 0
    while made < count:
        session += 1
        user_id = f"clerk-{random.randrange(1, 200):03d}"
        for _ in range(min(random.choice(MESSAGES_IN_A_SESSION), count - made)):
            made += 1
            yield f"desk-{day:%Y%m%d}-{session:04d}", user_id


def _moments(day: date, count: int, random: Random) -> list[datetime]:
    opens = datetime.combine(day, OPENS, UTC)
    open_s = int((datetime.combine(day, CLOSES, UTC) - opens).total_seconds())
    return sorted(opens + timedelta(seconds=random.randrange(open_s)) for _ in range(count))


def _message(before: list[DeskMessage], random: Random) -> DeskMessage:
    dice = random.random()
    if dice < SMALL_TALK_SHARE:
        return _unsent(random.choice(phrases.SMALL_TALK), SMALL_TALK, "")
    if before and dice < SMALL_TALK_SHARE + REPEATED_SHARE:
        return random.choice(before)
    kind = random.choice(list(VALUES))
    value = VALUES[kind](random)
    mail = (random.choice(phrases.OPENERS), random.choice(phrases.CORES[kind]), random.choice(phrases.ENDINGS))
    question = random.choice(phrases.ASKS[kind])
    return _unsent(f"{question}\n{' '.join(part for part in mail if part)}".replace("{v}", value), kind, value)


def _unsent(text: str, kind: str, expected: str) -> DeskMessage:
    return DeskMessage("", "", text, kind, expected, datetime.min.replace(tzinfo=UTC))


def _order(random: Random) -> str:
    letters = "".join(random.choices("ABCDEFGHKLMNPRST", k=2))
    return random.choice([f"{random.randrange(10000, 99999)}", f"{letters}-{random.randrange(1000, 9999)}"])


def _email(random: Random) -> str:
    first, last = random.choice(phrases.FIRST_NAMES).lower(), random.choice(phrases.LAST_NAMES).lower()
    account = random.choice([f"{first}.{last}", f"{first}{random.randrange(10, 99)}", f"{first[0]}{last}"])
    return f"{account.replace(' ', '')}@{random.choice(phrases.MAIL_HOSTS)}"


def _name(random: Random) -> str:
    return f"{random.choice(phrases.FIRST_NAMES)} {random.choice(phrases.LAST_NAMES)}"


def _phone(random: Random) -> str:
    return f"0{random.randrange(300, 999)} {random.randrange(100, 999)} {random.randrange(100, 999)}"


VALUES: dict[str, Callable[[Random], str]] = {
    "order": _order,
    "email": _email,
    "date": lambda random: f"{random.randrange(1, 29)} {random.choice(phrases.MONTHS)}",
    "name": _name,
    "city": lambda random: random.choice(phrases.CITIES),
    "phone": _phone,
    "time": lambda random: f"{random.randrange(8, 20)}:{random.choice(('00', '15', '30', '45'))}",
}
"""What makes a value of each kind."""
