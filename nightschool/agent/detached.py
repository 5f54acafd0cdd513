"""An agent that is cut off from production, and how it is asked. Standard library and Agno alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from nightschool.agent.detach import detach
from nightschool.agent.tools import guard_tools
from nightschool.errors import ConfigError, NightschoolError

AGNO_HISTORY_RUNS = 3
"""Earlier runs that Agno shows where the agent does not say how many."""


class Said(Protocol):
    """A message of the history."""

    @property
    def role(self) -> str:
        """`user` or `assistant`."""

    @property
    def content(self) -> str:
        """What was said."""


class Detached:
    """An agent with one prompt.

    Args:
        factory: the owner's.
        prompt: the agent's.
        safe_tools: names of tools that run for real.

    Raises:
        ConfigError: where the factory raises, or returns no Agno agent.
    """

    def __init__(self, factory: Callable[[str], Any], prompt: str, safe_tools: Collection[str]) -> None:
        self.agent = _call(factory, prompt)
        self._history_messages = _history_messages(self.agent)
        detach(self.agent)
        guard_tools(self.agent, safe_tools)
        _initialize(self.agent)

    async def answer(self, question: str, history: Sequence[Said]) -> Any:
        """The run's output. Session and user are new each time, so that no rollout remembers another."""
        stranger = f"nightschool-{uuid.uuid4().hex}"
        asked = self._input_of(question, history)
        return await self.agent.arun(asked, session_id=stranger, user_id=stranger, stream=False)

    def _input_of(self, question: str, history: Sequence[Said]) -> Any:
        """The question, after the history that production would have shown."""
        shown = history[-self._history_messages :] if self._history_messages else ()
        if not shown:
            return question
        from agno.models.message import Message

        return [*(Message(role=m.role, content=m.content) for m in shown), Message(role="user", content=question)]


def _initialize(agent: Any) -> None:
    """What Agno does at a first run: members without a model get their team's."""
    from agno.team import Team

    if isinstance(agent, Team):
        agent.initialize_team()
    else:
        agent.initialize_agent()


def _history_messages(agent: Any) -> int:
    """How many earlier messages the agent's owner lets it see."""
    if not getattr(agent, "add_history_to_context", False):
        return 0
    return int(getattr(agent, "num_history_messages", None) or 2 * (agent.num_history_runs or AGNO_HISTORY_RUNS))


def _call(factory: Callable[[str], Any], prompt: str) -> Any:
    from agno.agent import Agent
    from agno.team import Team

    try:
        built = factory(prompt)
    except NightschoolError:  # says already what is wrong, and what to do
        raise
    except Exception as error:
        raise ConfigError(
            f"the agent's factory raised {type(error).__name__}: {error}",
            next_step="Call it by hand with any prompt, and correct it.",
        ) from error
    if not isinstance(built, (Agent, Team)):
        raise ConfigError(
            f"the agent's factory returned a {type(built).__name__}, not an Agno Agent or Team",
            next_step="Let it return the agent that production runs.",
        )
    if isinstance(built, Team) and not isinstance(built.members, list):
        raise ConfigError(
            "the members of the team are made while it runs, so that they can't be detached from production",
            next_step="Let the factory give the Team a list of members.",
        )
    return built
