"""A support desk in the simulated world: days of conversations in a real Agno 3 database, rated and corrected by staff.

The turns are written through Agno's own database API, without running the agent: where a test only needs the data, this is
forty times faster, and what the agent would have said is the simulated model's answer all the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from agno.db.sqlite import SqliteDb
from agno.models.message import Message
from agno.run.agent import RunInput, RunOutput
from agno.run.base import RunStatus
from agno.session import AgentSession

from demo.simulated import SEED_PROMPT
from nightschool.feedback import FeedbackBook
from nightschool.simulator import SimulatedSession, conversations, react
from nightschool.simulator.answering import answer
from nightschool.simulator.chat import read_chat

AGENT = "support"
OPENS_AT_HOUR = 8


def write_day(database: Path, feedback_url: str, day: date, *, sessions: int, seed: int = 1, prompt: str = SEED_PROMPT) -> None:
    """Add a day's sessions to the agent's database, and what staff made of the answers to the feedback."""
    said = [run for session in conversations(seed, sessions, day) for run in _runs(session, day, prompt)]
    for position, (run, _) in enumerate(said):
        run.created_at = int(datetime(day.year, day.month, day.day, OPENS_AT_HOUR, tzinfo=UTC).timestamp()) + position
    _store([run for run, _ in said], database)
    book = FeedbackBook(feedback_url)
    for run, earlier in said:
        reaction = react(run.input.input_content, run.content, earlier=earlier)
        if reaction.rating is not None:
            book.rate(run.run_id, reaction.rating, reaction.comment, reaction.correction)


def _runs(session: SimulatedSession, day: date, prompt: str) -> list[tuple[RunOutput, tuple[str, ...]]]:
    return [
        (_run(session, position, prompt, session.messages[: position + 1]), session.messages[:position])
        for position in range(len(session.messages))
    ]


def _run(session: SimulatedSession, position: int, prompt: str, users: tuple[str, ...]) -> RunOutput:
    chat = [{"role": "system", "content": prompt}, *({"role": "user", "content": text} for text in users)]
    answered = answer(read_chat({"messages": chat}), seed=1, sample="").content
    messages = [chat[0], chat[-1], {"role": "assistant", "content": answered}]
    return RunOutput(
        run_id=f"{session.session_id}-{position}",
        session_id=session.session_id,
        user_id=session.user_id,
        agent_id=AGENT,
        input=RunInput(input_content=users[-1]),
        content=answered,
        messages=[Message(**message) for message in messages],
        model="simulated-1",
        status=RunStatus.completed,
    )


def _store(runs: list[RunOutput], database: Path) -> None:
    """Sessions with their runs, as the agent's own `SqliteDb` keeps them."""
    by_session: dict[str, list[RunOutput]] = {}
    for run in runs:
        by_session.setdefault(run.session_id, []).append(run)
    db = SqliteDb(db_file=str(database))
    db.upsert_sessions([_session(name, own) for name, own in by_session.items()])
    for name, own in by_session.items():
        for index, run in enumerate(own):
            db.upsert_run(run, name, user_id=run.user_id, run_index=index)
    db.close()


def _session(name: str, runs: list[RunOutput]) -> AgentSession:
    return AgentSession(session_id=name, agent_id=AGENT, user_id=runs[0].user_id, created_at=runs[0].created_at)
