"""An agent's or team's parts: its members, and the models that they ask. Standard library and Agno alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def members_of(target: Any) -> Iterator[Any]:
    """The target itself, then the members of a team, however deep."""
    yield target
    for member in getattr(target, "members", None) or ():
        yield from members_of(member)


def models_of(member: Any) -> Iterator[Any]:
    """The models that may write an agent's answer: its own, those for reasoning, parsing and output, the fallbacks."""
    from agno.models.base import Model

    for value in vars(member).values():
        if isinstance(value, Model):
            yield value
        elif type(value).__name__ == "FallbackConfig":  # newer than Agno 2
            lists = (models for models in vars(value).values() if isinstance(models, list))
            yield from (model for models in lists for model in models if isinstance(model, Model))
