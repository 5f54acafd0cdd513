"""One client for all agents of a search that would make equal ones.

Agno makes a client for each model object, and so for each prompt: every one reads the certificates again (15 ms of processor
time) and opens connections of its own. What decides how a client asks is the owner's and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DECIDE = (
    "api_key", "organization", "base_url", "timeout", "max_retries", "default_headers", "default_query", "client_params",
    "http_client",
)  # fmt: skip
"""What Agno makes an OpenAI client of."""


class SharedClients:
    """The clients that were made for rollouts. Belongs to one event loop, like their connections."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def opener(self, model: Any) -> Callable[[], Any]:
        """What opens the client of a model that speaks OpenAI's protocol: the owner's own, or one for all equal models."""
        open_own: Callable[[], Any] = model.get_async_client
        if model.async_client is not None or not _is_plain(model):
            return open_own
        name = repr([getattr(model, value) for value in DECIDE])

        def open_shared() -> Any:
            if name not in self._made or self._made[name].is_closed():
                self._made[name] = open_own()
            return self._made[name]

        return open_shared


def _is_plain(model: Any) -> bool:
    """Whether the client is made of these values alone: classes of other providers know more, like a deployment's name."""
    from agno.models.openai import OpenAIChat

    made_by = (type(model).get_async_client, type(model)._get_client_params)
    return made_by == (OpenAIChat.get_async_client, OpenAIChat._get_client_params)
