"""Which part the simulated model plays in a request: agent, critic, editor or judge, told by the request's own text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from nightschool.simulator.chat import Chat
from nightschool.simulator.reflection import asks_for_reflection

Role = Literal["agent", "critic", "editor", "judge"]
ROLES: tuple[Role, ...] = get_args(Role)

GRADE_SCHEMA = "grade"
"""Name of the JSON schema that a judge's answer must have."""

_HEAD = 600
_EDITS = re.compile(r"revise the (?:given )?prompt", re.IGNORECASE)
_CRITICISES = re.compile(r"optimize a prompt template|prompt engineer", re.IGNORECASE)
_SHOWS_RUNS = re.compile(r"^\W*(?:experiments with|sample runs (?:with|of))", re.IGNORECASE | re.MULTILINE)


def role_of(body: Mapping[str, Any], chat: Chat) -> Role:
    """The part to play. Tools are for agents, the `grade` schema is for the judge, and a task stands at the start."""
    if body.get("tools"):
        return "agent"
    schema = (body.get("response_format") or {}).get("json_schema") or {}
    if schema.get("name") == GRADE_SCHEMA:
        return "judge"
    text = chat.everything
    if _EDITS.search(text[:_HEAD]):
        return "editor"
    if asks_for_reflection(text):
        return "critic"
    if _CRITICISES.search(text[:_HEAD]) and _SHOWS_RUNS.search(text):
        return "critic"
    return "agent"
