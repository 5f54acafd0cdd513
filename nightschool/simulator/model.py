"""The simulated model: one request in, one or more choices out, in whichever part the request asks it to play."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nightschool.simulator.answering import Reply, answer
from nightschool.simulator.chat import Chat
from nightschool.simulator.checking import count_tokens
from nightschool.simulator.critic import critique
from nightschool.simulator.draws import draw
from nightschool.simulator.editor import edit
from nightschool.simulator.judge import grade_request
from nightschool.simulator.reflection import asks_for_reflection, reflect
from nightschool.simulator.roles import Role
from nightschool.simulator.structured import in_format

_CHARACTERS_PER_TOKEN = 4
_PARTS: Mapping[Role, Callable[..., str]] = {"critic": critique, "editor": edit, "judge": grade_request}


@dataclass(frozen=True)
class Choice:
    """One answer; `tool` is the name of the called function, empty where there is text."""

    content: str
    finish_reason: Literal["stop", "length", "tool_calls"]
    tool: str = ""
    arguments: str = ""
    call_id: str = ""

    @property
    def tokens(self) -> int:
        """Tokens that were written."""
        return count_tokens(self.content) + count_tokens(self.tool + self.arguments)


def complete(body: Mapping[str, Any], chat: Chat, role: Role, *, seed: int) -> tuple[Choice, ...]:
    """The choices that answer a valid request."""
    count = int(body.get("n") or 1)
    return tuple(_choice(body, chat, role, seed, _sample(body, index)) for index in range(count))


def _sample(body: Mapping[str, Any], index: int) -> str:
    """What tells one sample from another: nothing at temperature 0, else the request's seed and the choice."""
    if body.get("temperature") == 0:
        return ""
    return f"{body.get('seed')} {body.get('temperature')} {index}"


def _choice(body: Mapping[str, Any], chat: Chat, role: Role, seed: int, sample: str) -> Choice:
    if role == "agent":
        reply = answer(chat, seed=seed, sample=sample)
    else:
        text = chat.everything
        part = reflect if role == "critic" and asks_for_reflection(text) else _PARTS[role]
        return _cut(part(text, seed=seed, sample=sample), body)
    if reply.tool:
        return Choice("", "tool_calls", reply.tool, reply.arguments, _call_id(reply, seed, sample))
    return _cut(in_format(reply.content, body.get("response_format")), body)


def _cut(text: str, body: Mapping[str, Any]) -> Choice:
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    if limit and count_tokens(text) > limit:
        return Choice(text[: int(limit) * _CHARACTERS_PER_TOKEN], "length")
    return Choice(text, "stop")


def _call_id(reply: Reply, seed: int, sample: str) -> str:
    return f"call_{int(draw(seed, reply.tool, json.dumps(reply.arguments), sample) * 10**12):012d}"
