"""What some models want said differently: OpenAI's reasoning models refuse `max_tokens` and a `temperature`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nightschool.llm.posting import post_chat

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OTHER_NAMES = {"max_tokens": "max_completion_tokens", "temperature": ""}
"""Parameters that a model may refuse, with the name that it takes instead; empty: it is left out."""


class Dialect:
    """Sends chats in the way that each model takes them, and remembers it."""

    def __init__(self) -> None:
        self._refused: dict[str, frozenset[str]] = {}

    async def create(self, client: AsyncOpenAI, request: dict[str, Any]) -> Any:
        """The endpoint's answer to a chat; asked again where it answers 400 and names a parameter that can be said differently.

        What was refused is remembered only when the other way was answered: a prompt that is too long also makes some
        endpoints name `max_tokens`.

        Raises:
            openai.OpenAIError: as the client does.
        """
        import openai

        refused = self._refused.get(request["model"], frozenset())
        while True:
            try:
                answer = await post_chat(client, **_said_differently(request, refused))
            except openai.BadRequestError as error:
                named = _named(error.message, request) - refused
                if not named:
                    raise
                refused |= named
            else:
                self._refused[request["model"]] = refused
                return answer


def _said_differently(request: dict[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    said = {name: value for name, value in request.items() if name not in refused}
    return said | {OTHER_NAMES[name]: request[name] for name in refused if OTHER_NAMES[name]}


def _named(message: str, request: dict[str, Any]) -> frozenset[str]:
    """The parameters of a request that a refusal names, of those that can be said differently."""
    return frozenset(name for name in OTHER_NAMES if name in request and re.search(rf"\b{name}\b", message))
