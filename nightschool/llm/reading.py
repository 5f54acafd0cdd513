"""What can be read of an endpoint's answer, whatever its shape: OpenAI's client checks nothing of what it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def message_of(response: Any) -> Any | None:
    """The message of the first choice; None for a page, an error that came as 200, or whatever else has none."""
    choices = getattr(response, "choices", None)
    if not isinstance(choices, list) or not choices or getattr(response, "error", None):
        return None
    message = getattr(choices[0], "message", None)
    return message if hasattr(message, "content") else None


def text_of(message: Any) -> str | None:
    """A message's words; empty where it says none, None where they stand in no form that is known."""
    content = message.content
    if isinstance(content, list) and all(isinstance(part, Mapping) for part in content):
        content = "".join(str(part.get("text", "")) for part in content)
    return writable(content) if isinstance(content, str) else "" if content is None else None


def usage_of(response: Any) -> tuple[int, int]:
    """Tokens in and out, as the endpoint counted them; 0 where it did not, or not in numbers."""
    usage = getattr(response, "usage", None)
    return _count(getattr(usage, "prompt_tokens", 0)), _count(getattr(usage, "completion_tokens", 0))


def writable(text: str) -> str:
    """The text without halves of surrogate pairs: JSON can carry them, but no file, database or request can."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _count(tokens: Any) -> int:
    return max(0, tokens) if isinstance(tokens, int) else 0
