"""One day at the desk: people write, the real Agno agent answers into a real Agno database, staff rate and correct."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from nightschool.feedback import FeedbackBook

OPENS_AT_HOUR = 8
OPEN_S = 10 * 3600


class DeskSession(Protocol):
    """What one user writes in one session."""

    @property
    def session_id(self) -> str: ...  # noqa: D102
    @property
    def user_id(self) -> str: ...  # noqa: D102
    @property
    def messages(self) -> tuple[str, ...]: ...  # noqa: D102


@dataclass(frozen=True)
class Answered:
    """One message with the agent's answer, and the user's messages before it."""

    run_id: str
    message: str
    answer: str
    earlier: tuple[str, ...]


async def answer_day(
    agent: Any, sessions: Sequence[DeskSession], database: Path, day: date, *, concurrency: int, tell: Callable[[int], None]
) -> list[Answered]:
    """Let the agent answer a day's sessions into its database.

    Args:
        agent: the Agno agent, as its factory built it.
        sessions: what people write.
        database: Agno's own SQLite database; made when missing.
        day: the day on the demo's calendar.
        concurrency: sessions at the same time.
        tell: told the number of answers after each.
    """
    from agno.db.sqlite import SqliteDb

    agent.db = SqliteDb(db_file=str(database))
    slots = asyncio.Semaphore(concurrency)
    answered: list[Answered] = []

    async def hold(session: DeskSession) -> None:
        async with slots:
            for position, message in enumerate(session.messages):
                run = await agent.arun(message, session_id=session.session_id, user_id=session.user_id)
                answered.append(Answered(run.run_id, message, str(run.content or ""), session.messages[:position]))
                tell(len(answered))

    await asyncio.gather(*(hold(session) for session in sessions))
    _date_runs(database, answered, day)
    return answered


def review(answered: Sequence[Answered], react: Callable[[str, str, tuple[str, ...]], Any], feedback_url: str) -> tuple[int, int]:
    """Let staff rate the day's answers and correct wrong ones; returns how many were rated, and how many corrected."""
    book = FeedbackBook(feedback_url)
    rated = corrected = 0
    for one in answered:
        reaction = react(one.message, one.answer, one.earlier)
        if reaction.rating is not None:
            book.rate(one.run_id, reaction.rating, reaction.comment, reaction.correction)
            rated += 1
            corrected += reaction.correction is not None
    return rated, corrected


def _date_runs(database: Path, answered: Sequence[Answered], day: date) -> None:
    """Put the day's runs on the demo's calendar.

    Agno stamps a run with the clock of this minute, but the demo's people live through a day in a minute or two, and
    `make demo` typed again is the next day. It is the demo's own database; nightschool never writes to an agent's.
    """
    opens = datetime(day.year, day.month, day.day, OPENS_AT_HOUR, tzinfo=UTC)
    step = timedelta(seconds=OPEN_S / max(1, len(answered)))
    stamps = [(int((opens + number * step).timestamp()), one.run_id) for number, one in enumerate(answered)]
    with sqlite3.connect(database) as connection:
        connection.executemany("UPDATE agno_runs SET created_at = ? WHERE run_id = ?", stamps)
    connection.close()
