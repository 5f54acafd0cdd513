"""One chat call: journaled, counted, retried on outages, and nothing else."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from nightschool.errors import LLMError, TransientError
from nightschool.llm.dialect import Dialect
from nightschool.llm.endpoint import endpoint_name
from nightschool.llm.faults import as_llm_error, is_outage, retry_after_s
from nightschool.llm.journal import Journal
from nightschool.llm.limiter import Limiter, watched
from nightschool.llm.meter import Meter, price_usd
from nightschool.llm.reading import message_of, text_of, usage_of
from nightschool.llm.tokens import tokens_of
from nightschool.records import ModelPolicy, Record
from nightschool.tracing import chat_span

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from tenacity import RetryCallState

Role = Literal["critic", "editor", "judge", "labeller"]
Answer = TypeVar("Answer", bound=BaseModel)
LONGEST_WAIT_S = 30.0
_REPAIR = "That can't be read as a {name}. Answer again, with one JSON object of the given schema and nothing else."


class Reply(Record):
    """What a model answered, and what it took."""

    text: str
    finish_reason: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    latency_s: float = 0.0


class LLM:
    """The model of critic, editor, judge and labeller.

    Belongs to one event loop, like the connections in it.

    Args:
        policy: endpoint, models, prices, time-outs.
        api_key: the endpoint's key; never stored, logged or journaled.
        journal: where finished calls are kept and looked up.
        meter: counts what is used, and refuses calls beyond the budget.
        limiter: how fast the endpoint is asked; None: as fast as it answers.
    """

    def __init__(
        self, policy: ModelPolicy, api_key: str, *, journal: Journal, meter: Meter, limiter: Limiter | None = None
    ) -> None:
        self.policy = policy
        self._limiter = limiter or Limiter()
        self.meter = meter
        self._journal = journal
        self._api_key = api_key
        self._client: AsyncOpenAI | None = None
        self._dialect = Dialect()

    def model_of(self, role: Role) -> str:
        """The model that plays a role."""
        return str(getattr(self.policy, f"{role}_model")) or self.policy.model

    async def ask(
        self,
        role: Role,
        messages: Sequence[Mapping[str, str]],
        *,
        temperature: float,
        sample: int = 0,
        seed: int | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> Reply:
        """One answer to a chat.

        Args:
            role: who asks; decides the model and under which name the call is counted.
            messages: the chat in OpenAI's shape.
            temperature: of sampling.
            sample: tells apart repeated calls with the same messages; the same sample is answered from the journal.
            seed: of the model's sampling, where the endpoint honours one.
            schema: a `json_schema` response format, as OpenAI takes it.

        Raises:
            TransientError: after the last try met an outage.
            LLMError: where the endpoint refused the request; `ContextExceeded` where it was too long for the model.
            BudgetExhausted: before the call, where the purse is empty.
        """
        request = self._request(role, messages, temperature, seed, schema)
        # Not the whole address: the same model may answer on another port when the night is resumed.
        key = self._journal.key(role, endpoint_name(self.policy.base_url), request, sample)
        async with self._journal.claimed(key) as kept:
            if kept is not None:
                return Reply.model_validate_json(kept)
            reply = await self._call(role, request)
            tokens = reply.input_tokens + reply.output_tokens
            self._journal.keep(key, role, reply.model_dump_json(), tokens=tokens, cost_usd=reply.cost_usd)
            return reply

    async def ask_for(
        self,
        answer: type[Answer],
        name: str,
        role: Role,
        messages: Sequence[Mapping[str, str]],
        *,
        temperature: float,
        sample: int = 0,
        seed: int | None = None,
    ) -> Answer:
        """One answer in the shape of a pydantic model; asks a second time where the first can't be read.

        Raises:
            LLMError: where neither answer can be read, besides what `ask` raises.
        """
        schema = {"type": "json_schema", "json_schema": {"name": name, "schema": _schema_of(answer), "strict": False}}
        chat = list(messages)
        for _ in range(2):
            reply = await self.ask(role, chat, temperature=temperature, sample=sample, seed=seed, schema=schema)
            found = _read(answer, reply.text)
            if found is not None:
                return found
            # Told what was wrong, and not merely asked again: at temperature 0 that would give the same answer.
            chat += [{"role": "assistant", "content": reply.text}, {"role": "user", "content": _REPAIR.format(name=name)}]
        raise LLMError(
            f"the {role} ({reply.model}) twice gave no {name} that can be read: {reply.text[:120]!r}",
            next_step=f"Use a {role} model that can write JSON (models.{role}_model).",
        )

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _request(
        self,
        role: Role,
        messages: Sequence[Mapping[str, str]],
        temperature: float,
        seed: int | None,
        schema: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.model_of(role),
            "messages": [dict(message) for message in messages],
            "temperature": temperature,
            "max_tokens": self.policy.max_output_tokens,
        }
        if seed is not None:
            request["seed"] = seed
        if schema is not None:
            request["response_format"] = dict(schema)
        return request

    async def _call(self, role: Role, request: dict[str, Any]) -> Reply:
        import openai
        import tenacity

        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self.policy.max_attempts),
            wait=_wait,
            retry=tenacity.retry_if_exception(is_outage),
            reraise=True,
        )
        try:
            with chat_span(role, request["model"], lambda: request["messages"]) as told:
                reply: Reply = await retrying(self._attempt, role, request)
                told(reply.text, reply.input_tokens, reply.output_tokens)
                return reply
        except (openai.OpenAIError, json.JSONDecodeError, TransientError) as error:
            raise as_llm_error(error, f"the {role}'s call to {request['model']}") from error

    async def _attempt(self, role: Role, request: dict[str, Any]) -> Reply:
        started = time.monotonic()
        asked, may_write = tokens_of(request["messages"]), self.policy.max_output_tokens
        with self.meter.room(role, tokens=asked + may_write, cost_usd=price_usd(self.policy, asked, may_write)):
            async with self._limiter.turn(asked + may_write), watched(self._limiter):
                response = await self._dialect.create(self._open(), request)
                reply = self._reply(response, request["model"])
            self.meter.count(role, reply.cost_usd, tokens=reply.input_tokens + reply.output_tokens)
        return reply.model_copy(update={"latency_s": time.monotonic() - started})

    def _reply(self, response: Any, model: str) -> Reply:
        if isinstance(response, str):  # what the SDK makes of a web page
            raise LLMError(f"{self.policy.base_url} answered with a page", next_step="Check --base-url: it often ends with /v1.")
        message = message_of(response)
        text = None if message is None else text_of(message)
        if text is None:
            raise TransientError(f"{model} answered without a message that can be read")
        tokens_in, tokens_out = usage_of(response)
        return Reply(
            text=text,
            finish_reason=str(response.choices[0].finish_reason or ""),
            model=str(response.model or model),
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            cost_usd=price_usd(self.policy, tokens_in, tokens_out),
        )

    def _open(self) -> AsyncOpenAI:
        if self._client is None:
            from openai import AsyncOpenAI

            self._client = AsyncOpenAI(
                api_key=self._api_key or "none",
                base_url=self.policy.base_url or None,
                timeout=self.policy.timeout_s,
                max_retries=0,  # retries are ours: counted, and bounded by one setting
            )
        return self._client


def _wait(state: RetryCallState) -> float:
    """What the endpoint asked for, else exponential back-off with full jitter (AWS Architecture Blog, 2015)."""
    import tenacity

    error = state.outcome.exception() if state.outcome else None
    asked = retry_after_s(error) if error else None
    if asked is not None:
        return min(asked, LONGEST_WAIT_S)
    return float(tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_S)(state))


@functools.cache
def _schema_of(answer: type[BaseModel]) -> dict[str, Any]:
    """Written once for each shape: it takes as long as the rest of a call."""
    return answer.model_json_schema()


def _read(answer: type[Answer], text: str) -> Answer | None:
    """The first fitting JSON object in a text; models like to wrap it in a fence or a sentence."""
    decoder = json.JSONDecoder()
    for start in (match.start() for match in re.finditer("{", text)):
        try:
            return answer.model_validate(decoder.raw_decode(text, start)[0])
        except (ValidationError, json.JSONDecodeError):
            continue
    return None
