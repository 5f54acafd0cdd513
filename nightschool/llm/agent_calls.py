"""The chat calls that an agent makes with a client of its own: journaled, paid and paced one by one.

Calls that do not pass OpenAI's client are paid one by one too (`AgentCalls.unkept`); their answers are kept by finished rollout.

A rollout that was killed in its third tool turn repeats none of its finished calls, because each has a key of its own: the
night, the endpoint's configured name, the model, the messages, the parameters that change the answer, and the sample.
Neither the request nor its headers are stored, only the digest of what decides the answer, and the answer.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nightschool.llm.journal import Journal
from nightschool.llm.limiter import Limiter, watched
from nightschool.llm.meter import Meter, price_usd
from nightschool.llm.reading import message_of, usage_of, writable
from nightschool.llm.spent import Spent
from nightschool.llm.tokens import MESSAGE_TOKENS, estimate_tokens
from nightschool.records import ModelPolicy, Record, canonical_json

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

ROLE = "agent"
CHANGE_NO_ANSWER = frozenset({
    "extra_headers", "extra_query", "metadata", "prompt_cache_key", "prompt_cache_retention", "safety_identifier",
    "service_tier", "store", "timeout", "user",
})  # fmt: skip
"""Parameters that say who asks, or how fast; keys stand among them."""
WHERE_IT_IS_READ = frozenset({"id_slot", "cache_prompt"})
"""What a llama.cpp server is told about its slots."""


class KeptCall(Record):
    """A finished call as the journal keeps it."""

    response: Mapping[str, Any]
    latency_s: float


@dataclass(frozen=True)
class AgentCall:
    """One answered call; `replayed_s` is how long it took when it was made, where it came from the journal."""

    response: Any
    input_tokens: int = 0
    output_tokens: int = 0
    replayed_s: float = 0.0


class AgentCalls:
    """Answers an agent's chat calls from the journal, or makes them. Belongs to one event loop.

    Args:
        journal: where finished calls are kept and looked up.
        meter: counts what is used, and refuses calls beyond the budget.
        models: the prices.
        role: under which the calls are counted and kept.
        decides: the part of a request that decides its answer, in any form that the journal's key takes; None: `what_decides`.
    """

    def __init__(
        self,
        journal: Journal,
        meter: Meter,
        models: ModelPolicy,
        role: str = ROLE,
        decides: Callable[[Mapping[str, Any]], Any] | None = None,
    ) -> None:
        self._role = role
        self._decides = decides or what_decides
        self._journal = journal
        self._meter = meter
        self._models = models

    async def answer(
        self,
        create: Callable[..., Awaitable[Any]],
        request: Mapping[str, Any],
        *,
        endpoint: str,
        sample: Sequence[int],
        limiter: Limiter,
        waiting: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> AgentCall:
        """The answer to one request.

        Args:
            create: the client's own call, which takes the request.
            request: model, messages and parameters, as OpenAI's client takes them.
            endpoint: its configured name, see `endpoint_name`.
            sample: tells apart equal requests that shall have answers of their own.
            limiter: the endpoint's.
            waiting: entered while nobody is asked yet: a wait that is not the agent's slowness.

        Raises:
            BudgetExhausted: before the call, where the purse is empty.
            openai.OpenAIError: as the client does; a failed call is not kept.
        """
        key = self._journal.key(self._role, endpoint, self._decides(request), list(sample))
        async with contextlib.AsyncExitStack() as claim:
            with waiting():  # another rollout, or another process, may be asking this very thing
                kept = await claim.enter_async_context(self._journal.claimed(key))
            if kept is not None:
                return _replayed(KeptCall.model_validate_json(kept))
            return await self._paid(key, create, request, limiter, waiting)

    async def _paid(
        self,
        key: str,
        create: Callable[..., Awaitable[Any]],
        request: Mapping[str, Any],
        limiter: Limiter,
        waiting: Callable[[], AbstractContextManager[None]],
    ) -> AgentCall:
        asked, may_write = _tokens_in(request), int(request.get("max_completion_tokens") or request.get("max_tokens") or 0)
        with self._room(asked, may_write):
            async with contextlib.AsyncExitStack() as turn:
                with waiting():
                    await turn.enter_async_context(limiter.turn(asked + may_write))
                started = time.monotonic()
                async with watched(limiter):
                    response = await create(**request)
            call = _whole(response)
            if call is None:  # what the SDK makes of a page or of an error that came as 200: its caller knows what to do
                return AgentCall(response)
            took = self._count(call.input_tokens, call.output_tokens)
        response, kept = _kept(response, time.monotonic() - started)
        self._journal.keep(key, self._role, kept, tokens=took.tokens, cost_usd=took.cost_usd)
        return replace(call, response=response)

    @contextlib.contextmanager
    def unkept(self, asked: int, may_write: int) -> Iterator[Callable[[int, int], None]]:
        """Pay for one call whose answer the journal can't give back; its place in the budget is held while it is made.

        What it took is noted as soon as it is told, so that a rollout that breaks off later has been paid for.

        Args:
            asked: about how many tokens are sent.
            may_write: at most so many are written; 0: nobody knows, so as many as the largest call so far.

        Yields:
            What is to be told the tokens of the answer, in and out; a call that failed tells none and is not counted.

        Raises:
            BudgetExhausted: before the call, where the purse is empty.
        """
        with self._room(asked, may_write):
            yield self._note

    def _note(self, input_tokens: int, output_tokens: int) -> None:
        took = self._count(input_tokens, output_tokens)
        # Without a value it answers nobody.
        self._journal.keep(f"unkept {uuid.uuid4().hex}", self._role, "", tokens=took.tokens, cost_usd=took.cost_usd)

    def _room(self, asked: int, may_write: int) -> AbstractContextManager[None]:
        return self._meter.room(self._role, tokens=asked + may_write, cost_usd=price_usd(self._models, asked, may_write))

    def _count(self, input_tokens: int, output_tokens: int) -> Spent:
        """Count one answered call; returns what it took."""
        took = Spent(
            calls={self._role: 1},
            tokens=input_tokens + output_tokens,
            cost_usd=price_usd(self._models, input_tokens, output_tokens),
        )
        self._meter.count(self._role, took.cost_usd, tokens=took.tokens)
        return took


def what_decides(request: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a request that decides its answer: no header, no key, nobody's name."""
    deciding = {name: value for name, value in request.items() if name not in CHANGE_NO_ANSWER}
    body = {name: value for name, value in (deciding.pop("extra_body", None) or {}).items() if name not in WHERE_IT_IS_READ}
    return deciding | ({"extra_body": body} if body else {})


def _replayed(kept: KeptCall) -> AgentCall:
    from openai.types.chat import ChatCompletion

    call = _whole(ChatCompletion.construct(**kept.response))
    assert call is not None, "only whole answers are kept"
    return AgentCall(call.response, call.input_tokens, call.output_tokens, kept.latency_s)


def _whole(response: Any) -> AgentCall | None:
    """The call behind an answer that can be kept; None for a page, an error, or an answer without a message."""
    return None if message_of(response) is None else AgentCall(response, *usage_of(response))


def _kept(response: ChatCompletion, latency_s: float) -> tuple[ChatCompletion, str]:
    """The answer, and what the journal keeps of it; where it can't be written as it is, both are what can be."""
    from openai.types.chat import ChatCompletion
    from pydantic_core import PydanticSerializationError

    told = response.to_dict(warnings=False)
    try:
        return response, KeptCall(response=told, latency_s=latency_s).model_dump_json()
    except PydanticSerializationError:
        told = json.loads(writable(json.dumps(told, ensure_ascii=False)))
        return ChatCompletion.construct(**told), KeptCall(response=told, latency_s=latency_s).model_dump_json()


def _tokens_in(request: Mapping[str, Any]) -> int:
    """About how many tokens a request sends; the tools are a part of it."""
    messages = sum(MESSAGE_TOKENS + estimate_tokens(_text(message.get("content"))) for message in request["messages"])
    return messages + (estimate_tokens(canonical_json(request["tools"])) if request.get("tools") else 0)


def _text(content: Any) -> str:
    """A message's words; a picture in it has an endpoint's price of its own, which is known only afterwards."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""
