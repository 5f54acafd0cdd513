"""The target: what is evaluated is what is served, because the owner's factory builds both."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from nightschool.agent.detach import detach, members_of
from nightschool.agent.factory import AgentFactory
from nightschool.agent.faults import fault_of, note_what_a_run_raises, watch_model
from nightschool.errors import ConfigError
from nightschool.records import Example, Fault, Message, Record, digest_of_text

AGNO_HISTORY_RUNS = 3
"""Earlier runs that Agno shows where the agent does not say how many."""


class Run(Record):
    """One answer of the target, before it is graded."""

    answer: str = ""
    fault: Fault | None = None
    error: str = ""
    system_message: str = ""
    messages: tuple[dict[str, Any], ...] = ()
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    latency_s: float = 0.0
    llm_calls: int = 1


class Target:
    """Builds the agent with a given prompt, detached from production, and runs it on examples.

    One agent is built per prompt and serves all its rollouts, as in production. Belongs to one event loop, like the
    connections of the agents in it.

    Args:
        factory: the owner's factory.
        timeout_s: seconds after which a run counts as the agent's fault.
    """

    def __init__(self, factory: AgentFactory, *, timeout_s: float = 120.0) -> None:
        self._factory = factory
        self._timeout_s = timeout_s
        self._built: dict[str, _Detached] = {}

    def build(self, prompt: str) -> Any:
        """The agent with this prompt, detached from production.

        Raises:
            ConfigError: where the factory raises, returns no Agno agent, or returns the same agent for two prompts.
        """
        return self._detached(prompt).agent

    async def run(self, prompt: str, example: Example, *, sample: int = 0) -> Run:
        """Ask one question. A failure is a `Run` with its fault, never an exception."""
        target = self._detached(prompt)
        raised = note_what_a_run_raises()
        started = time.monotonic()
        session = digest_of_text(f"{prompt}\n{example.example_id}\n{sample}\n{started}")[:16]
        try:
            async with asyncio.timeout(self._timeout_s):
                output = await target.agent.arun(
                    target.input_of(example), session_id=session, user_id="nightschool", stream=False
                )
        except TimeoutError:
            return Run(fault="agent", error=f"no answer within {self._timeout_s:g} s", latency_s=time.monotonic() - started)
        return _as_run(output, raised, time.monotonic() - started)

    async def aclose(self) -> None:
        """Close the connections of all agents; they must not outlive the loop that they were made in."""
        for built in self._built.values():
            for member in members_of(built.agent):
                client = getattr(member.model, "async_client", None)
                if client is not None and not client.is_closed():
                    await client.close()

    def _detached(self, prompt: str) -> _Detached:
        if prompt not in self._built:
            built = _call(self._factory, prompt)
            if any(built is other.agent for other in self._built.values()):
                raise ConfigError(
                    "the agent's factory returns one and the same agent for different prompts",
                    next_step="Let it make a new Agent at each call: rollouts of several prompts run side by side.",
                )
            self._built[prompt] = _Detached(built)
        return self._built[prompt]


class _Detached:
    """An agent that is cut off from production, and how much of a conversation production would show it."""

    def __init__(self, agent: Any) -> None:
        self.agent = agent
        self._history_messages = _history_messages(agent)
        detach(agent)
        for member in members_of(agent):
            watch_model(member.model)

    def input_of(self, example: Example) -> Any:
        """The question, after the history that production would have shown."""
        history = example.history[-self._history_messages :] if self._history_messages else ()
        if not history:
            return example.question
        from agno.models.message import Message as AgnoMessage

        return [AgnoMessage(role=m.role, content=m.content) for m in (*history, Message(role="user", content=example.question))]


def _history_messages(agent: Any) -> int:
    """How many earlier messages the agent's owner lets it see."""
    if not getattr(agent, "add_history_to_context", False):
        return 0
    return int(agent.num_history_messages or 2 * (agent.num_history_runs or AGNO_HISTORY_RUNS))


def _call(factory: AgentFactory, prompt: str) -> Any:
    from agno.agent import Agent
    from agno.team import Team

    try:
        built = factory(prompt)
    except Exception as error:
        raise ConfigError(
            f"the agent's factory raised {type(error).__name__}: {error}",
            next_step="Call it by hand with any prompt, and correct it.",
        ) from error
    if not isinstance(built, Agent | Team):
        raise ConfigError(
            f"the agent's factory returned a {type(built).__name__}, not an Agno Agent or Team",
            next_step="Let it return the agent that production runs.",
        )
    return built


def _as_run(output: Any, raised: list[BaseException], latency_s: float) -> Run:
    answer = "" if output.content is None else str(output.content)
    completed = str(getattr(output.status, "value", output.status)).upper() == "COMPLETED"
    metrics = output.metrics
    common: dict[str, Any] = {
        "system_message": next((_content(m) for m in output.messages or () if m.role == "system"), ""),
        "messages": tuple(_as_chat(m) for m in output.messages or () if m.role != "system"),
        "model": output.model or "",
        "input_tokens": metrics.input_tokens if metrics else 0,
        "output_tokens": metrics.output_tokens if metrics else 0,
        "latency_s": latency_s,
        "llm_calls": max(1, sum(m.role == "assistant" for m in output.messages or ())),
    }
    if not completed:
        return Run(fault=fault_of(raised), error=answer or str(output.status), **common)
    if not answer.strip():
        return Run(fault="agent", error="the run ended without an answer", **common)
    return Run(answer=answer, **common)


def _as_chat(message: Any) -> dict[str, Any]:
    chat: dict[str, Any] = {"role": message.role, "content": _content(message)}
    if message.tool_calls:
        chat["tool_calls"] = message.tool_calls
    if message.tool_call_id:
        chat["tool_call_id"] = message.tool_call_id
    return chat


def _content(message: Any) -> str:
    return message.get_content_string() if message.content is not None else ""
