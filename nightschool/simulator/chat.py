"""A chat as the simulated model reads it: who said what, which tools are offered, what the tools have returned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SYSTEM_ROLES = ("system", "developer")


@dataclass(frozen=True)
class OfferedTool:
    """A function that the request offers, with the parameter that its main argument goes into."""

    name: str
    parameter: str
    numeric: bool

    def arguments(self, value: str) -> dict[str, Any]:
        """The call's arguments."""
        return {self.parameter: int(value) if self.numeric and value.isdigit() else value}


@dataclass(frozen=True)
class Chat:
    """What matters of a request's messages and tools."""

    system: str
    users: tuple[str, ...]
    tool_results: tuple[str, ...]
    tools: tuple[OfferedTool, ...]
    tool_choice: str

    @property
    def everything(self) -> str:
        """System and user text in one piece: where critic, editor and judge find their task."""
        return "\n\n".join((self.system, *self.users) if self.system else self.users)


def read_chat(body: Mapping[str, Any]) -> Chat:
    """Read a valid request body."""
    messages: Sequence[Mapping[str, Any]] = body["messages"]
    users = [(position, text_of(m.get("content"))) for position, m in enumerate(messages) if m["role"] == "user"]
    last_user = users[-1][0] if users else -1
    return Chat(
        system="\n\n".join(text_of(m.get("content")) for m in messages if m["role"] in _SYSTEM_ROLES),
        users=tuple(text for _, text in users),
        tool_results=tuple(text_of(m.get("content")) for m in messages[last_user + 1 :] if m["role"] == "tool"),
        tools=tuple(_offered(tool["function"]) for tool in body.get("tools") or () if "function" in tool),
        tool_choice=_choice(body.get("tool_choice")),
    )


def text_of(content: object) -> str:
    """The text of a message's content, which may be a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


def json_values(text: str) -> Iterator[Any]:
    """Every JSON object or list that stands in a text, in order."""
    decoder = json.JSONDecoder()
    position = 0
    while match := re.compile(r"[\[{]").search(text, position):
        try:
            value, position = decoder.raw_decode(text, match.start())
        except ValueError:
            position = match.start() + 1
        else:
            yield value


def _offered(function: Mapping[str, Any]) -> OfferedTool:
    parameters = function.get("parameters") or {}
    properties: Mapping[str, Any] = parameters.get("properties") or {}
    names = [*(parameters.get("required") or ()), *properties]
    name = names[0] if names else "input"
    return OfferedTool(function["name"], name, (properties.get(name) or {}).get("type") in ("integer", "number"))


def _choice(tool_choice: object) -> str:
    if isinstance(tool_choice, dict):
        return str((tool_choice.get("function") or {}).get("name", "auto"))
    return str(tool_choice or "auto")
