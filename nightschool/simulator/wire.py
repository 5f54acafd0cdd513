"""OpenAI's shapes on the wire: a whole completion, the chunks of a stream, the list of models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nightschool.simulator.checking import prompt_tokens
from nightschool.simulator.model import Choice
from nightschool.simulator.settings import OWNED_BY, SimulatorSettings

_CREATED = 1_760_000_000
_PIECES = re.compile(r"\s*\S+|\s+$")


def completion(number: int, body: Mapping[str, Any], choices: Sequence[Choice]) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    written = [
        {"index": index, "message": _message(choice), "logprobs": None, "finish_reason": choice.finish_reason}
        for index, choice in enumerate(choices)
    ]
    return {**_head(number, body, "chat.completion"), "choices": written, "usage": _usage(body, choices)}


def chunks(number: int, body: Mapping[str, Any], choices: Sequence[Choice]) -> Iterator[str]:
    """The events of a streamed answer, with `[DONE]` and, where it is asked for, usage."""
    head = _head(number, body, "chat.completion.chunk")
    for index, choice in enumerate(choices):
        for delta in _deltas(choice):
            yield _event({**head, "choices": [{"index": index, "delta": delta, "finish_reason": None}]})
        yield _event({**head, "choices": [{"index": index, "delta": {}, "finish_reason": choice.finish_reason}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _event({**head, "choices": [], "usage": _usage(body, choices)})
    yield "data: [DONE]\n\n"


def model_list(settings: SimulatorSettings) -> dict[str, Any]:
    """The answer of `/v1/models`, which says that nothing here is a real model."""
    models = [{"id": name, "object": "model", "created": _CREATED, "owned_by": OWNED_BY} for name in settings.models]
    return {"object": "list", "data": models}


def _head(number: int, body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-simulated-{number}",
        "object": kind,
        "created": _CREATED,
        "model": body["model"],
        "system_fingerprint": "simulated",
    }


def _message(choice: Choice) -> dict[str, Any]:
    if not choice.tool:
        return {"role": "assistant", "content": choice.content, "refusal": None}
    return {"role": "assistant", "content": None, "refusal": None, "tool_calls": [_tool_call(choice)]}


def _tool_call(choice: Choice) -> dict[str, Any]:
    function = {"name": choice.tool, "arguments": choice.arguments}
    return {"id": choice.call_id, "type": "function", "function": function}


def _deltas(choice: Choice) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if choice.tool else ""}
    if choice.tool:
        yield {"tool_calls": [{"index": 0, **_tool_call(choice)}]}
    for piece in _PIECES.findall(choice.content):
        yield {"content": piece}


def _usage(body: Mapping[str, Any], choices: Sequence[Choice]) -> dict[str, int]:
    read, written = prompt_tokens(body["messages"]), sum(choice.tokens for choice in choices)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _event(payload: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(payload, ensure_ascii=False)}\n\n"
