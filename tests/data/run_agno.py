"""Runs inside a throw-away environment with Agno 2 or 3: lets real agents talk into a database, and notes what was said.

    python run_agno.py BASE_URL DATABASE NOTES [migrated]

DATABASE is a path of SQLite, or the URL of a PostgreSQL. NOTES is the JSON file that is written: for every turn the ids,
the question and the answer as this script knew them. With `migrated` the database is one that Agno 2 wrote: Agno 3
migrates it with its own manager, and more runs are added.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

from agno.agent import Agent
from agno.media import Image
from agno.models.message import Message
from agno.models.openai import OpenAIChat
from agno.run.cancel import cancel_run
from agno.team import Team
from agno.tools import tool
from agno.workflow import Step, Workflow
from conversations import HISTORY_RUNS, LONG_SESSION, MESSAGES, RATINGS, SESSIONS, SYSTEM_MESSAGE
from pydantic import BaseModel

# The smallest PNG: one transparent pixel.
_PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


def find_order(number: str) -> str:
    """Say where an order is."""
    return f"order {number}: in the van 🚚"


def pay_back(number: str) -> str:
    """Pay an order back."""
    raise RuntimeError(f"the till is closed, {number} can't be paid back")


def stop_this_run(run_context: Any) -> str:
    """Stop."""
    cancel_run(run_context.run_id)
    return "stopping"


@tool(requires_confirmation=True)
def delete_account() -> str:
    """Delete the account; a person must agree first."""
    return "deleted"


class Order(BaseModel):
    """What an agent that takes data is asked with."""

    order: str
    topic: str


class Talks:
    """Runs what it is told to, and keeps notes of it."""

    def __init__(self, base_url: str, database: Any) -> None:
        self.base_url = base_url
        self.database = database
        self.notes: list[dict[str, Any]] = []

    def model(self) -> OpenAIChat:
        return OpenAIChat(id="canned-1", base_url=self.base_url, api_key="none", max_retries=0)

    def agent(self, agent_id: str = "support", **more: Any) -> Agent:
        return Agent(
            id=agent_id,
            model=self.model(),
            db=self.database,
            tools=[find_order, pay_back, stop_this_run, delete_account],
            system_message=SYSTEM_MESSAGE,
            add_history_to_context=True,
            num_history_runs=HISTORY_RUNS,
            telemetry=False,
            **more,
        )

    def note(self, run: Any, question: str, **more: Any) -> None:
        status = getattr(run.status, "value", run.status)
        owner = {"agent_id": getattr(run, "agent_id", None), "team_id": getattr(run, "team_id", None)}
        answer = "" if run.content is None else run.content if isinstance(run.content, str) else json.dumps(run.content)
        kept = {"run_id": run.run_id, "session_id": run.session_id, "user_id": getattr(run, "user_id", None), "status": status}
        self.notes.append(kept | owner | {"question": question, "answer": answer} | more)

    def converse(self, agent: Agent, session: str, user: str | None, questions: tuple[str, ...], prefix: str = "r") -> None:
        for number, question in enumerate(questions, 1):
            rating = RATINGS.get(question)
            given = {"metadata": {"rating": rating[0], "feedback": rating[1]}} if rating else {}
            run = agent.run(question, session_id=session, user_id=user, run_id=f"{prefix}-{session}-{number}", **given)
            self.note(run, question, tools=_tools(run), **({"rating": rating[0], "comment": rating[1]} if rating else {}))

    def all(self) -> None:
        """Everything once."""
        agent = self.agent()
        for session, user, questions in (*SESSIONS, LONG_SESSION):
            self.converse(agent, session, user, questions)
        self.unusual(agent)
        self.other_agent()
        self.team()
        self.workflow()

    def unusual(self, agent: Agent) -> None:
        """Lists, data, pictures; a run that was stopped and one that waits."""
        messages = [Message(role=role, content=text) for role, text in MESSAGES]
        given = [list(pair) for pair in MESSAGES[:-1]]
        run = agent.run(messages, session_id="s-messages", user_id="ben", run_id="r-messages")
        self.note(run, MESSAGES[-1][1], given_history=given)
        data = {"order": "A-17", "topic": "cà phê"}
        run = self.agent(input_schema=Order).run(data, session_id="s-data", user_id="ben", run_id="r-data")
        self.note(run, json.dumps(data, ensure_ascii=False))
        run = agent.run(
            "What is in this picture?", images=[Image(content=_PIXEL)], session_id="s-image", user_id="ben", run_id="r-image"
        )
        self.note(run, "What is in this picture?")
        run = agent.run("stop it now", session_id="s-cancelled", user_id="ben", run_id="r-cancelled")
        self.note(run, "stop it now")
        run = agent.run("delete my account", session_id="s-paused", user_id="ben", run_id="r-paused")
        self.note(run, "delete my account")

    def other_agent(self) -> None:
        """A second agent in the same session as the first, with a rating in the session's metadata."""
        agent = self.agent("sales", metadata={"rating": 4})
        self.converse(agent, "s-shared", "ada@example.com", ("Do you sell bikes?", "And helmets?"), prefix="sales")
        self.converse(self.agent(), "s-shared", "ada@example.com", ("Is my bike there?",), prefix="support")

    def team(self) -> None:
        """A team that hands one question to its member and answers another one itself."""
        member = Agent(id="ada", name="Ada", model=self.model(), telemetry=False, system_message="You are Ada.")
        team = Team(id="desk", name="Desk", members=[member], model=self.model(), db=self.database, telemetry=False)
        for number, question in enumerate(("Please ask Ada for me", "Now do it yourself"), 1):
            run = team.run(question, session_id="s-team", user_id="ben", run_id=f"r-team-{number}")
            members = [(one.run_id, one.agent_id, one.content) for one in run.member_responses]
            self.note(run, question, members=members)

    def workflow(self) -> None:
        """Two steps, each an agent's."""
        steps = [Step(name=name, agent=Agent(id=name, model=self.model(), telemetry=False)) for name in ("draft", "polish")]
        workflow = Workflow(id="letters", name="letters", steps=steps, db=self.database, telemetry=False)
        run = workflow.run("Write to the customer", session_id="s-workflow", user_id="ben", run_id="r-workflow")
        self.note(run, "Write to the customer", workflow_id="letters")


def _tools(run: Any) -> list[list[Any]]:
    return [[one.tool_name, one.tool_args, one.result, bool(one.tool_call_error)] for one in run.tools or ()]


def _database(where: str) -> Any:
    if where.startswith("postgresql"):
        from agno.db.postgres import PostgresDb

        return PostgresDb(db_url=where)
    from agno.db.sqlite import SqliteDb

    return SqliteDb(db_file=where)


def _migrate(database: Any) -> None:
    from agno.db.migrations.manager import MigrationManager

    asyncio.run(MigrationManager(database).up())


def main(base_url: str, where: str, notes: str, migrated: str = "") -> None:
    """Talk, and write the notes."""
    database = _database(where)
    talks = Talks(base_url, database)
    if migrated:
        _migrate(database)
        talks.converse(talks.agent(), "s-orders", "ada@example.com", ("It came, thank you", "One more thing"), prefix="new")
        talks.converse(talks.agent(), "s-after", "eve", ("Hello after the migration",), prefix="new")
    else:
        talks.all()
    Path(notes).write_text(json.dumps(talks.notes, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
