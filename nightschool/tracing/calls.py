"""A call of a model as a span, by the GenAI semantic conventions (`chat`), below whatever span is current."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nightschool.tracing.provider import is_exported, tracer

LONGEST_MESSAGES_CHARS = 20_000

Told = Callable[[str, int, int], None]
"""Told of the answer: its text, tokens in, tokens out."""


@contextlib.contextmanager
def chat_span(role: str, model: str, messages: Callable[[], Sequence[Mapping[str, Any]]]) -> Iterator[Told]:
    """One call of a model; what it raises is noted as the span's error. Where nobody receives spans there is none.

    Args:
        role: who asks: agent, critic, editor, judge, labeller.
        model: the one that is asked.
        messages: gives the chat, with `role` and `content`.
    """
    if not is_exported():
        yield lambda _text, _tokens_in, _tokens_out: None
        return
    from opentelemetry.trace import SpanKind

    known = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.input.messages": in_parts(messages()),
        "nightschool.role": role,
    }
    with tracer().start_as_current_span(f"chat {model}", kind=SpanKind.CLIENT, attributes=known) as span:

        def told(text: str, tokens_in: int, tokens_out: int) -> None:
            span.set_attribute("gen_ai.output.messages", in_parts([{"role": "assistant", "content": text}]))
            span.set_attribute("gen_ai.usage.input_tokens", tokens_in)
            span.set_attribute("gen_ai.usage.output_tokens", tokens_out)

        try:
            yield told
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            raise


def in_parts(messages: Sequence[Mapping[str, Any]]) -> str:
    """Messages in the form of `gen_ai.input.messages`, as JSON; a long chat loses its middle messages' ends."""
    room = LONGEST_MESSAGES_CHARS // max(1, len(messages))
    told = [
        {"role": str(one.get("role", "")), "parts": [{"type": "text", "content": str(one.get("content") or "")[:room]}]}
        for one in messages
    ]
    return json.dumps(told, ensure_ascii=False)
