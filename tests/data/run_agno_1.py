"""Runs inside a throw-away environment with Agno 1: lets real agents talk into tables of a database, and notes what was said.

    python run_agno_1.py BASE_URL DATABASE NOTES

Agno 1 has no table names of its own: the site names one for its agents, one for its teams and one for its workflows.
It lets nobody choose a run's id, so the notes say which it was. DATABASE and NOTES are as for run_agno.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from agno.agent import Agent
from agno.models.message import Message
from agno.models.openai import OpenAIChat
from agno.team import Team
from agno.workflow.v2 import Step, Workflow
from conversations import HISTORY_RUNS, LONG_SESSION, MESSAGES, SESSIONS, SYSTEM_MESSAGE


def find_order(number: str) -> str:
    """Say where an order is."""
    return f"order {number}: in the van 🚚"


def pay_back(number: str) -> str:
    """Pay an order back."""
    raise RuntimeError(f"the till is closed, {number} can't be paid back")


def _storage(where: str, mode: str) -> Any:
    if where.startswith("postgresql"):
        from agno.storage.postgres import PostgresStorage

        return PostgresStorage(table_name=f"desk_{mode}s", db_url=where, mode=mode)
    from agno.storage.sqlite import SqliteStorage

    return SqliteStorage(table_name=f"desk_{mode}s", db_file=where, mode=mode)


class Talks:
    """Runs what it is told to, and keeps notes of it."""

    def __init__(self, base_url: str, where: str) -> None:
        self.base_url = base_url
        self.where = where
        self.notes: list[dict[str, Any]] = []

    def model(self) -> OpenAIChat:
        return OpenAIChat(id="canned-1", base_url=self.base_url, api_key="none", max_retries=0)

    def agent(self, agent_id: str = "support", **more: Any) -> Agent:
        return Agent(
            agent_id=agent_id,
            model=self.model(),
            storage=_storage(self.where, "agent"),
            tools=[find_order, pay_back],
            system_message=SYSTEM_MESSAGE,
            add_history_to_messages=True,
            num_history_runs=HISTORY_RUNS,
            telemetry=False,
            monitoring=False,
            **more,
        )

    def note(self, run: Any, user: str | None, question: str, **more: Any) -> None:
        owner = {"agent_id": getattr(run, "agent_id", None), "team_id": getattr(run, "team_id", None)}
        kept = {"run_id": run.run_id, "session_id": run.session_id, "user_id": user, "status": "COMPLETED"}
        self.notes.append(kept | owner | {"question": question, "answer": run.content or ""} | more)

    def converse(self, session: str, user: str | None, questions: tuple[str, ...]) -> None:
        """One session by an agent made for it: Agno 1 keeps the session on the agent."""
        agent = self.agent()
        for question in questions:
            if "explode" in question:
                self.explode(agent, session, user, question)
            else:
                run = agent.run(question, session_id=session, user_id=user)
                self.note(run, user, question, tools=[[one.tool_name, one.tool_args, one.result] for one in run.tools or ()])

    def explode(self, agent: Agent, session: str, user: str | None, question: str) -> None:
        """Agno 1 raises what the model's endpoint answers, and keeps nothing of the run."""
        from agno.exceptions import ModelProviderError

        try:
            agent.run(question, session_id=session, user_id=user)
        except ModelProviderError:
            return
        raise AssertionError("the failing run did not fail")

    def all(self) -> None:
        """Everything once."""
        for session in (*SESSIONS, LONG_SESSION):
            self.converse(*session)
        messages = [Message(role=role, content=text) for role, text in MESSAGES]
        run = self.agent().run(messages=messages, session_id="s-messages", user_id="ben")
        self.note(run, "ben", MESSAGES[-1][1], given_history=[list(pair) for pair in MESSAGES[:-1]])
        self.team()
        self.workflow()

    def team(self) -> None:
        """A team that hands one question to its member and answers another one itself."""
        member = Agent(agent_id="ada", name="Ada", model=self.model(), telemetry=False, system_message="You are Ada.")
        team = Team(
            team_id="desk",
            name="Desk",
            members=[member],
            model=self.model(),
            storage=_storage(self.where, "team"),
            telemetry=False,
        )
        for question in ("Please ask Ada for me", "Now do it yourself"):
            run = team.run(question, session_id="s-team", user_id="ben")
            members = [(one.run_id, one.agent_id, one.content) for one in run.member_responses]
            self.note(run, "ben", question, members=members)

    def workflow(self) -> None:
        """Two steps, each an agent's."""
        steps = [Step(name=name, agent=Agent(agent_id=name, model=self.model(), telemetry=False)) for name in ("draft", "polish")]
        workflow = Workflow(workflow_id="letters", name="letters", steps=steps, storage=_storage(self.where, "workflow_v2"))
        run = workflow.run(message="Write to the customer", session_id="s-workflow", user_id="ben")
        self.note(run, "ben", "Write to the customer", workflow_id="letters")


def main(base_url: str, where: str, notes: str) -> None:
    """Talk, and write the notes."""
    talks = Talks(base_url, where)
    talks.all()
    Path(notes).write_text(json.dumps(talks.notes, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
