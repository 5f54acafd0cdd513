"""What an agent is made of, by name: rewards of one that asks another model or has other tools are not compared."""

from __future__ import annotations

from typing import Any

from nightschool.agent.members import members_of, models_of
from nightschool.agent.tools import tool_names


def kind_of(target: Any) -> str:
    """What it is, with its name: `Agent desk`."""
    return f"{type(target).__name__} {target.name or target.id or ''}".rstrip()


def model_names(target: Any) -> str:
    """The models that an agent or team and its members ask, each once, in alphabetical order."""
    names = {str(getattr(model, "id", "")) for member in members_of(target) for model in models_of(member)}
    return ", ".join(sorted(names - {""}))


def all_tool_names(target: Any) -> tuple[str, ...]:
    """The tools that the owner gave to an agent or team and its members, each once, in alphabetical order."""
    return tuple(sorted({name for member in members_of(target) for name in tool_names(member)} - {""}))
