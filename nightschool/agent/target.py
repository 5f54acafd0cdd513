"""The target: what is evaluated is what is served, because the owner's factory builds both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import Any

from nightschool.agent.clients import SharedClients
from nightschool.agent.detached import Detached
from nightschool.agent.factory import AgentFactory
from nightschool.agent.faults import note_model_calls
from nightschool.agent.members import members_of, models_of
from nightschool.agent.own_calls import watched_model
from nightschool.agent.patience import Patience
from nightschool.agent.run import Run, as_run, divergent, too_many_calls
from nightschool.agent.slots import SlotPool, send_to_slots, slots_of
from nightschool.agent.telling import told_of
from nightschool.agent.tools import replay
from nightschool.errors import ConfigError
from nightschool.llm import AgentCalls, Limiters
from nightschool.records import Example, RatePolicy, RolloutPolicy


class Target:
    """Builds the agent with a given prompt, detached from production, and runs it on examples.

    One agent is built per prompt and serves all its rollouts, as in production. Belongs to one event loop, like the
    connections of the agents in it.

    Args:
        factory: the owner's factory.
        timeout_s: seconds after which a run counts as the agent's fault.
        max_llm_calls: model calls after which it does, too.
        safe_tools: names of tools that run for real; all others answer from the conversation's recording.
        limiters: how fast the agent's models are asked; None: as fast as they answer.
        journaled: answers the calls of models that speak OpenAI's protocol, and pays those of others, one by one; None: nothing
            of a run is kept or paid before it is finished.
    """

    def __init__(
        self,
        factory: AgentFactory,
        *,
        timeout_s: float = 120.0,
        max_llm_calls: int = RolloutPolicy().max_llm_calls,
        safe_tools: Collection[str] = (),
        limiters: Limiters | None = None,
        journaled: AgentCalls | None = None,
    ) -> None:
        self._journaled = journaled
        self._factory = factory
        self._timeout_s = timeout_s
        self._max_llm_calls = max_llm_calls
        self._safe_tools = tuple(safe_tools)
        self._limiters = limiters or Limiters(RatePolicy())
        self._built: dict[str, _Watched] = {}
        self._clients = SharedClients()
        self._slots: asyncio.Task[SlotPool] | None = None

    def build(self, prompt: str) -> Any:
        """The agent with this prompt, detached from production.

        Raises:
            ConfigError: where the factory raises, returns no Agno agent, or returns the same agent for two prompts.
        """
        return self._watched(prompt).agent

    @property
    def pays_each_call(self) -> bool:
        """Whether each call of a model has its place in the budget before it is made."""
        return self._journaled is not None

    async def run(self, prompt: str, example: Example, *, sample: int = 0) -> Run:
        """Ask one question. A failure is a `Run` with its fault.

        Args:
            prompt: the agent's.
            example: the question, with its history and recorded tools.
            sample: tells apart runs of one prompt on one question, which are answered anew.

        Raises:
            NightschoolError: what ends more than this run: a factory that fails, an empty purse.
        """
        target = self._watched(prompt)
        slots = await self._slots_of(target)
        async with slots.use(prompt):
            return await self._ask(target, example, sample)

    async def _ask(self, target: _Watched, example: Example, sample: int) -> Run:
        calls = note_model_calls(sample, self._max_llm_calls)
        recording = replay(example.tool_calls)
        started = time.monotonic()
        limit = asyncio.timeout(self._timeout_s)
        try:
            async with limit:
                calls.patience = Patience(limit)
                output = await target.answer(example)
        except Exception as error:  # noqa: BLE001  # the agent's own code may raise anything
            late = f"no answer within {self._timeout_s:g} s" if limit.expired() else ""
            run = Run(fault="agent" if late else calls.fault, error=late or f"{type(error).__name__}: {error}")
        else:
            run = as_run(told_of(output), calls)
        if calls.stopped is not None:
            raise calls.stopped
        if calls.too_many:
            run = too_many_calls(run, self._max_llm_calls)
        if recording.missing:
            run = divergent(run, recording.missing)
        waited = calls.patience.waited_s if calls.patience else 0.0
        calls.patience = None  # what the agent does after its answer has no time-out to hold back
        latency_s = time.monotonic() - started - waited + calls.replayed_s
        return run.with_calls(calls).model_copy(update={"latency_s": latency_s})

    async def aclose(self) -> None:
        """Close the connections that Agno opened; they must not outlive the loop that they were made in."""
        for built in self._built.values():
            await built.aclose()

    async def _slots_of(self, target: _Watched) -> SlotPool:
        """The slots of the agent's endpoint; asked for once, however many runs begin at the same time."""
        if self._slots is None:
            self._slots = asyncio.create_task(_find_slots(target.agent.model))
        return await asyncio.shield(self._slots)

    def _watched(self, prompt: str) -> _Watched:
        if prompt not in self._built:
            built = Detached(self._factory, prompt, self._safe_tools)
            if any(built.agent is other.agent for other in self._built.values()):
                raise ConfigError(
                    "the agent's factory returns one and the same agent for different prompts",
                    next_step="Let it make a new Agent at each call: rollouts of several prompts run side by side.",
                )
            self._built[prompt] = _Watched(built, self._limiters, self._journaled, self._clients)
        return self._built[prompt]


class _Watched:
    """A detached agent whose model calls are noted, paced and, where they can be, journaled."""

    def __init__(self, detached: Detached, limiters: Limiters, journaled: AgentCalls | None, clients: SharedClients) -> None:
        self._detached = detached
        self.agent = detached.agent
        models = [model for member in members_of(self.agent) for model in models_of(member)]
        for model in models:
            watched_model(model, limiters.of(getattr(model, "base_url", None)), journaled, clients)
        send_to_slots(self.agent.model)
        # A client that the owner passed in may be shared with other agents: closing it is the owner's business.
        self._without_client = [model for model in models if not _has_client(model)]

    async def answer(self, example: Example) -> Any:
        """The run's output."""
        return await self._detached.answer(example.question, example.history)

    async def aclose(self) -> None:
        """Close the clients that were made for the rollouts."""
        for model in self._without_client:
            client = getattr(model, "async_client", None)
            if client is not None and not client.is_closed():
                await client.close()


async def _find_slots(model: Any) -> SlotPool:
    return SlotPool(await slots_of(model))


def _has_client(model: Any) -> bool:
    return getattr(model, "async_client", None) is not None or getattr(model, "http_client", None) is not None
