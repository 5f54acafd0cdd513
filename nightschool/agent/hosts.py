"""Where the agent runs: in this interpreter, or in one of its own (`agent_python`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from nightschool.agent.factory import code_digest_of, default_prompt, load_factory
from nightschool.agent.interpreter import InterpreterTarget, describe
from nightschool.agent.run import Run
from nightschool.agent.target import Target
from nightschool.agent.tools import unsafe_tools
from nightschool.agent.traits import all_tool_names, kind_of, model_names
from nightschool.llm import AgentCalls, Limiters
from nightschool.records import Example, Record


class AgentTraits(Record):
    """What an agent is made of, by name."""

    kind: str = ""
    models: str = ""
    tools: tuple[str, ...] = ()
    unsafe_tools: tuple[str, ...] = ()


class RunsPrompts(Protocol):
    """The agent, wherever it runs."""

    @property
    def pays_each_call(self) -> bool:
        """Whether each call of a model has its place in the budget before it is made."""

    async def run(self, prompt: str, example: Example, *, sample: int = 0) -> Run:
        """Ask one question. A failure is a `Run` with its fault."""

    async def aclose(self) -> None:
        """Close what was opened for the runs."""


class AgentHost(Protocol):
    """Where the owner's factory is imported and called; every method raises `ConfigError` where it can't be used."""

    def default_prompt(self) -> str:
        """The default of the factory's prompt parameter; empty where it has none."""

    def code_digest(self) -> str:
        """Names the code of the factory and of its package."""

    def traits(self, prompt: str, safe_tools: Collection[str] = ()) -> AgentTraits:
        """What the agent with this prompt is made of."""

    def target(
        self,
        *,
        timeout_s: float,
        max_llm_calls: int,
        safe_tools: Collection[str],
        limiters: Limiters,
        journaled: AgentCalls | None,
    ) -> RunsPrompts:
        """The agent, ready to be asked; belongs to the loop that asks first."""


def host_of(factory: str, python: str = "") -> AgentHost:
    """Where the agent runs.

    Args:
        factory: `package.module:function`.
        python: path of the agent's own interpreter; empty: this one.
    """
    return OwnInterpreter(factory, python) if python else ThisInterpreter(factory)


@dataclass(frozen=True)
class ThisInterpreter:
    """The agent is imported here, and shares our packages."""

    factory: str

    def default_prompt(self) -> str:
        """As the factory says."""
        return default_prompt(load_factory(self.factory))

    def code_digest(self) -> str:
        """Of what is imported here."""
        return code_digest_of(load_factory(self.factory))

    def traits(self, prompt: str, safe_tools: Collection[str] = ()) -> AgentTraits:
        """Of the agent as the factory builds it."""
        built = Target(load_factory(self.factory), safe_tools=safe_tools).build(prompt)
        return AgentTraits(
            kind=kind_of(built),
            models=model_names(built),
            tools=all_tool_names(built),
            unsafe_tools=unsafe_tools(built, safe_tools),
        )

    def target(
        self,
        *,
        timeout_s: float,
        max_llm_calls: int,
        safe_tools: Collection[str],
        limiters: Limiters,
        journaled: AgentCalls | None,
    ) -> RunsPrompts:
        """Asked in this process."""
        return Target(
            load_factory(self.factory),
            timeout_s=timeout_s,
            max_llm_calls=max_llm_calls,
            safe_tools=safe_tools,
            limiters=limiters,
            journaled=journaled,
        )


@dataclass(frozen=True)
class OwnInterpreter:
    """The agent runs with packages of its own, in a process that is asked over a pipe."""

    factory: str
    python: str

    def default_prompt(self) -> str:
        """As the factory says, over there."""
        return str(describe(self.python, self.factory)["default_prompt"])

    def code_digest(self) -> str:
        """Of what is imported over there."""
        return str(describe(self.python, self.factory)["code_digest"])

    def traits(self, prompt: str, safe_tools: Collection[str] = ()) -> AgentTraits:
        """Of the agent as the factory builds it, over there."""
        told = describe(self.python, self.factory, tuple(safe_tools), prompt)
        return AgentTraits.model_validate({name: told[name] for name in AgentTraits.model_fields})

    def target(
        self,
        *,
        timeout_s: float,
        max_llm_calls: int,
        safe_tools: Collection[str],
        limiters: Limiters,
        journaled: AgentCalls | None,
    ) -> RunsPrompts:
        """Asked over the pipe; its model calls are its own: paid and paced one by one, but not journaled so."""
        return InterpreterTarget(
            self.python,
            self.factory,
            timeout_s=timeout_s,
            max_llm_calls=max_llm_calls,
            safe_tools=safe_tools,
            limiters=limiters,
            journaled=journaled,
        )
