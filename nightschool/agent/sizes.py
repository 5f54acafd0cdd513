"""How many tokens a call of an Agno model sends, may write and took. Standard library and Agno alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nightschool.llm.tokens import MESSAGE_TOKENS, estimate_tokens

_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens", "max_new_tokens")
"""What Agno's models call the most that they may write."""


def tokens_asked(messages: Sequence[Any] = (), *_: Any, tools: Any = None, **__: Any) -> int:
    """About how many tokens a call sends, from the arguments of `ainvoke`; the tools are a part of it."""
    said = sum(
        MESSAGE_TOKENS + estimate_tokens(message.get_content_string()) for message in messages if message.content is not None
    )
    return said + (estimate_tokens(json.dumps(tools, ensure_ascii=False, default=str)) if tools else 0)


def tokens_allowed(model: Any) -> int:
    """The most tokens that a model may write; 0 where it does not say."""
    limits = (getattr(model, name, None) for name in _LIMITS)
    return next((limit for limit in limits if isinstance(limit, int) and limit > 0), 0)


def tokens_told(answer: Any) -> tuple[int, int]:
    """Tokens in and out, as a model's answer tells them; 0 where it does not, or not in numbers."""
    used = getattr(answer, "response_usage", None)
    return _count(getattr(used, "input_tokens", 0)), _count(getattr(used, "output_tokens", 0))


def tokens_taken(answer: Any, asked: int) -> tuple[int, int]:
    """The same, estimated where the answer tells nothing: what nobody counts would pass every limit."""
    told = tokens_told(answer)
    return told if any(told) else (asked, estimate_tokens(str(getattr(answer, "content", None) or "")))


def _count(tokens: Any) -> int:
    return max(0, tokens) if isinstance(tokens, int) else 0
