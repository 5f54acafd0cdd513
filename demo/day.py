"""One day at the desk: people write, the real Agno agent answers into a real Agno database, staff rate and correct."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nightschool.errors import TransientError
from nightschool.feedback import FeedbackBook

if TYPE_CHECKING:
    from agno.db.sqlite import SqliteDb

OPENS, CLOSES = time(8), time(18)
CONCURRENCY = 8
MOST_FAILED_SHARE = 0.1


class DeskSession(Protocol):
    """What one user writes in one session."""

    @property
    def session_id(self) -> str:
        """Agno's id of the session."""
        ...

    @property
    def user_id(self) -> str:
        """Who writes."""
        ...

    @property
    def messages(self) -> tuple[str, ...]:
        """What, in order."""
        ...


class Reaction(Protocol):
    """What staff make of an answer."""

    @property
    def rating(self) -> int | None:
        """1 to 5; None where nobody looked."""
        ...

    @property
    def correction(self) -> str | None:
        """The right answer, where it was wrong."""
        ...

    @property
    def comment(self) -> str:
        """A word on why."""
        ...


@dataclass(frozen=True)
class Answered:
    """One message with the agent's answer, and the user's messages before it."""

    run_id: str
    message: str
    answer: str
    earlier: tuple[str, ...]
    failed: bool = False


def answer_day(
    build_agent: Callable[[], Any], sessions: Sequence[DeskSession], database: Path, day: date, tell: Callable[[int], None]
) -> list[Answered]:
    """Let the agent answer a day's sessions into its database, some side by side.

    Args:
        build_agent: makes the Agno agent, as its production would.
        sessions: what people write.
        database: Agno's own SQLite database; made when missing.
        day: the day on the demo's calendar.
        tell: told the number of answers after each.

    Raises:
        TransientError: where so many runs failed that the model must be down.
    """
    from agno.db.sqlite import SqliteDb

    database.parent.mkdir(parents=True, exist_ok=True)
    memory = SqliteDb(db_file=str(database))
    try:
        memory.delete_sessions([session.session_id for session in sessions])  # of a day that was interrupted
        answered = asyncio.run(_answer_all(build_agent, sessions, memory, tell))
        _require_answers(answered)
        _date_runs(memory, answered, day)
    finally:
        memory.close()
    return answered


def review(
    answered: Sequence[Answered], react: Callable[[str, str, tuple[str, ...]], Reaction], feedback_url: str
) -> tuple[int, int]:
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


async def _answer_all(
    build_agent: Callable[[], Any], sessions: Sequence[DeskSession], memory: SqliteDb, tell: Callable[[int], None]
) -> list[Answered]:
    from agno.run.base import RunStatus

    agent = build_agent()
    agent.db = memory
    free = asyncio.Semaphore(CONCURRENCY)
    answered: list[Answered] = []

    async def hold(session: DeskSession) -> None:
        async with free:
            for position, message in enumerate(session.messages):  # one after the other, as a person types them
                run = await agent.arun(message, session_id=session.session_id, user_id=session.user_id)
                failed = run.status != RunStatus.completed
                answered.append(Answered(str(run.run_id), message, str(run.content or ""), session.messages[:position], failed))
                tell(len(answered))

    await asyncio.gather(*map(hold, sessions))
    await agent.model.get_async_client().close()  # it must not outlive its event loop
    return answered


def _require_answers(answered: Sequence[Answered]) -> None:
    """Agno does not raise where a model fails; a few failed runs are life, many are a model that is down."""
    failed = [one for one in answered if one.failed]
    if len(failed) > MOST_FAILED_SHARE * len(answered):
        raise TransientError(
            f"{len(failed)} of the agent's {len(answered)} runs failed; the last said: {failed[-1].answer[:200]}",
            next_step="Look into model.log in the demo's folder, and type the same command again.",
        )


def _date_runs(memory: SqliteDb, answered: Sequence[Answered], day: date) -> None:
    """Put the day's runs on the demo's calendar.

    The demo's people live through a day in a minute or two, and `make demo` typed again is the next day, while Agno stamps
    every run with the clock on the wall. This is the demo's own database; nightschool never writes to an agent's memory.
    """
    from sqlalchemy import text

    runs = text(
        "UPDATE agno_runs SET created_at = :at, updated_at = :at, run_data = json_set(run_data, '$.created_at', :at) "
        "WHERE run_id = :run_id"
    )
    sessions = text(
        "UPDATE agno_sessions SET "
        "created_at = (SELECT min(created_at) FROM agno_runs r WHERE r.session_id = agno_sessions.session_id), "
        "updated_at = (SELECT max(created_at) FROM agno_runs r WHERE r.session_id = agno_sessions.session_id)"
    )
    opens = datetime.combine(day, OPENS, UTC)
    step = (datetime.combine(day, CLOSES, UTC) - opens) / max(1, len(answered))
    rows = [{"at": int((opens + number * step).timestamp()), "run_id": one.run_id} for number, one in enumerate(answered)]
    with memory.db_engine.begin() as connection:
        connection.execute(runs, rows)
        connection.execute(sessions)
