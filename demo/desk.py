"""The demo's agent, as its production would build it, and a day of its work into a real Agno memory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from demo.messages import DeskMessage
from nightschool.errors import ConfigError, TransientError
from nightschool.local_model import MODEL_NAME

if TYPE_CHECKING:
    from agno.agent import Agent
    from agno.db.sqlite import SqliteDb

AGENT_ID = "support-desk"
MODEL_URL_VARIABLE = "NIGHTSCHOOL_DEMO_MODEL_URL"
SEED_PROMPT = (
    "You are the assistant of our support desk. You get a question and a customer's mail. "
    "Reply with the value that the question asks for."
)


@dataclass(frozen=True)
class Answer:
    """What the agent said to a message, and the run in its memory."""

    message: DeskMessage
    run_id: str
    text: str


def build_agent(prompt: str = SEED_PROMPT) -> Agent:
    """The desk's agent with a system prompt: what production calls, and what nightschool is given as `demo.desk:build_agent`.

    Raises:
        ConfigError: the environment does not say where the model is.
    """
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat

    base_url = os.environ.get(MODEL_URL_VARIABLE)
    if not base_url:
        raise ConfigError(
            f"The demo's agent needs the address of its model in {MODEL_URL_VARIABLE}, which is not set.",
            next_step="`make demo` starts the model and sets it.",
        )
    # The desk's form takes a short value; the limit also keeps a model that talks too much from holding the line.
    model = OpenAIChat(id=MODEL_NAME, base_url=base_url, api_key="none", max_tokens=24, temperature=0)
    # The prompt reaches the model as it is: Agno would otherwise fill in what stands in braces.
    return Agent(id=AGENT_ID, model=model, system_message=prompt, resolve_in_context=False, telemetry=False)


def answer_day(messages: Sequence[DeskMessage], prompt: str, db_path: Path, concurrency: int = 8) -> list[Answer]:
    """Let the agent answer all messages into its memory, some at a time; the answers are in the order of the messages.

    Raises:
        TransientError: the model did not answer a message.
    """
    from agno.db.sqlite import SqliteDb

    db_path.parent.mkdir(parents=True, exist_ok=True)
    database = SqliteDb(db_file=str(db_path))
    try:
        answers = asyncio.run(_answer_all(messages, prompt, database, concurrency))
        _move_into_their_day(answers, database)
    finally:
        database.close()
    return answers


async def _answer_all(messages: Sequence[DeskMessage], prompt: str, database: SqliteDb, concurrency: int) -> list[Answer]:
    agent = build_agent(prompt)
    agent.db = database
    free = asyncio.Semaphore(concurrency)
    sessions: dict[str, list[int]] = {}
    for position, message in enumerate(messages):
        sessions.setdefault(message.session_id, []).append(position)

    async def work_through(session: list[int]) -> list[tuple[int, Answer]]:
        # One after the other, as a person types them.
        async with free:
            return [(position, await _answer(agent, messages[position])) for position in session]

    done = await asyncio.gather(*map(work_through, sessions.values()))
    return [answer for _, answer in sorted((pair for session in done for pair in session), key=lambda pair: pair[0])]


async def _answer(agent: Agent, message: DeskMessage) -> Answer:
    from agno.run.base import RunStatus

    output = await agent.arun(message.text, session_id=message.session_id, user_id=message.user_id)
    # Agno does not raise: it gives the error's text as the answer.
    if output.status != RunStatus.completed:
        raise TransientError(f"The desk's agent did not answer {message.text!r}: {output.content}")
    return Answer(message, str(output.run_id), str(output.content))


def _move_into_their_day(answers: Sequence[Answer], database: SqliteDb) -> None:
    """Date the runs to the day on which their messages were sent.

    The demo's people live on a calendar of their own, one day for each `make demo`, while Agno stamps every run with the
    clock on the wall. This is the demo's own database; nightschool itself never writes to an agent's memory.
    """
    from sqlalchemy import text

    runs = text(
        "UPDATE agno_runs SET created_at = :at, updated_at = :at, run_data = json_set(run_data, '$.created_at', :at) "
        "WHERE run_id = :run_id"
    )
    sessions = text(
        "UPDATE agno_sessions SET updated_at = (SELECT max(created_at) FROM agno_runs r WHERE r.session_id = agno_sessions.session_id), "
        "created_at = (SELECT min(created_at) FROM agno_runs r WHERE r.session_id = agno_sessions.session_id)"
    )
    rows = [{"at": int(answer.message.sent_at.timestamp()), "run_id": answer.run_id} for answer in answers]
    with database.db_engine.begin() as connection:
        connection.execute(runs, rows)
        connection.execute(sessions)
