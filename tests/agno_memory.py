"""Real Agno 3 databases for tests: a real Agent or Team answers through Agno's own SqliteDb; only the model is canned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.metrics import MessageMetrics
from agno.models.base import Model
from agno.models.response import ModelResponse
from agno.team import Team

SYSTEM_MESSAGE = 'You are the desk. Answer as {"value": "$$"}.'


@dataclass
class CannedModel(Model):
    """Says "Answer to: …" of the last user message; fails on "explode", calls the tool once on "look up"."""

    id: str = "canned-1"

    def invoke(self, messages: list[Any], assistant_message: Any, **_: Any) -> ModelResponse:
        asked = [message for message in messages if message.role == "user"][-1].content
        if "explode" in asked:
            raise RuntimeError("the endpoint is down")
        usage = MessageMetrics(input_tokens=12, output_tokens=3, total_tokens=15)
        if "look up" in asked and messages[-1].role != "tool":
            call = {"id": "c1", "type": "function", "function": {"name": "find_order", "arguments": '{"number": "A-17"}'}}
            return ModelResponse(role="assistant", tool_calls=[call], response_usage=usage)
        return ModelResponse(role="assistant", content=f"Answer to: {asked}", response_usage=usage)

    async def ainvoke(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return self.invoke(*args, **kwargs)

    def invoke_stream(self, *args: Any, **kwargs: Any) -> Any:
        yield self.invoke(*args, **kwargs)

    async def ainvoke_stream(self, *args: Any, **kwargs: Any) -> Any:
        yield self.invoke(*args, **kwargs)

    def _parse_provider_response(self, response: Any, **_: Any) -> ModelResponse:
        return response

    def _parse_provider_response_delta(self, response: Any) -> ModelResponse:
        return response


def find_order(number: str) -> str:
    """Say where an order is."""
    return f"order {number}: in the van"


def an_agent(db: SqliteDb | None, agent_id: str = "support") -> Agent:
    return Agent(
        id=agent_id,
        model=CannedModel(),
        db=db,
        tools=[find_order],
        system_message=SYSTEM_MESSAGE,
        resolve_in_context=False,
        add_history_to_context=True,
        telemetry=False,
    )


def a_team(db: SqliteDb) -> Team:
    member = Agent(id="member", model=CannedModel(), telemetry=False)
    return Team(id="desk", members=[member], model=CannedModel(), db=db, telemetry=False)


def converse(path: Path, conversations: Iterable[tuple[str, str, list[Any]]], agent_id: str = "support") -> list[str]:
    """Let the agent answer (session, user, questions) into the database; returns the run ids in order."""
    db = SqliteDb(db_file=str(path))
    agent = an_agent(db, agent_id)
    run_ids = [
        agent.run(question, session_id=session, user_id=user).run_id
        for session, user, questions in conversations
        for question in questions
    ]
    db.close()
    return run_ids
