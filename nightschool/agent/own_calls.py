"""Where an agent's own model meets the journal: at the client that it asks, for models that speak OpenAI's protocol.

`chat.completions.create` is the joint: above it stands all of Agno (its parsing, its tools, its retries), below it the
owner's client with its keys, headers and proxies. Both stay as they are.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

from nightschool.agent.clients import SharedClients
from nightschool.agent.faults import calls_of_this_run, watch_model
from nightschool.agent.paying import pay_model
from nightschool.errors import NightschoolError
from nightschool.llm import AgentCalls, Limiter, endpoint_name, post_chat
from nightschool.records import canonical_json


def speaks_openai(model: Any) -> bool:
    """Whether an Agno model asks its endpoint through OpenAI's client, by chat completions."""
    from agno.models.openai import OpenAIChat

    return isinstance(model, OpenAIChat)


def watched_model(model: Any, limiter: Limiter, journaled: AgentCalls | None, clients: SharedClients | None = None) -> None:
    """Note a model's calls; keep to its endpoint's rate and to the budget, and journal those that can be kept one by one.

    Args:
        model: any of Agno's.
        limiter: the endpoint's.
        journaled: answers the calls of models that speak OpenAI's protocol, and pays those of others; None: nothing is journaled
            or paid.
        clients: whose connections such models share; None: each has its own.
    """
    if journaled is not None and speaks_openai(model):
        journal_model(model, journaled, limiter, clients or SharedClients())
        watch_model(model, None)
        return
    watch_model(model, limiter)
    if journaled is not None:
        pay_model(model, journaled)


def journal_model(model: Any, journaled: AgentCalls, limiter: Limiter, clients: SharedClients) -> None:
    """Make an Agno model's calls journaled, paid and paced one by one; twice is once.

    Args:
        model: speaks OpenAI's protocol.
        journaled: answers the calls.
        limiter: the endpoint's.
        clients: whose connections the model shares.
    """
    if getattr(model, "_nightschool_journals", False):
        return
    endpoint = endpoint_name(model.base_url, model.provider or "")
    open_client = clients.opener(model)

    async def create(**request: Any) -> Any:
        ask = functools.partial(post_chat, open_client())
        if request.get("stream"):  # a rollout never streams; what else asks for it is not the run's
            return await ask(**request)
        notes = calls_of_this_run()
        sample = notes.next_sample(canonical_json([endpoint, request["model"], request["messages"]]))
        notes.singly.calls += 1
        try:
            call = await journaled.answer(ask, request, endpoint=endpoint, sample=sample, limiter=limiter, waiting=notes.waiting)
        except NightschoolError as error:  # Agno would turn it into an answer
            notes.stopped = error
            raise
        notes.singly.add_tokens(call.input_tokens, call.output_tokens)
        notes.replayed_s += call.replayed_s
        return call.response

    completions = SimpleNamespace(create=create)
    model.get_async_client = lambda: SimpleNamespace(chat=SimpleNamespace(completions=completions))
    model._nightschool_journals = True
