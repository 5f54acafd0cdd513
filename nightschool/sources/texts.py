"""Text and JSON as strangers wrote them, made safe to store: what is certain is repaired, the rest is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_JSON_BYTES = 16 * 2**20
"""Longer rows are set aside unread: one of 50 MB is no conversation, and a page of them would fill the memory."""

# What JSON can smuggle past UTF-8: NUL and surrogates (most are halves of emoji, which json joins again).
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|\x00")


def storable_text(text: str) -> str:
    """The text without NUL, and with U+FFFD for each half of a surrogate pair that lost its other half."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_json_object(raw: Any) -> Mapping[str, Any]:
    """A JSON object from the bytes of a database, its texts storable.

    Raises:
        ValueError: with the reason in a few words that rows of the same fault share.
    """
    text = _decoded(raw)
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        raise ValueError("broken JSON") from None
    if not isinstance(value, dict):
        raise ValueError("unknown shape: not a JSON object")  # noqa: TRY004 - the caller counts ValueErrors as bad rows
    return _storable(value) if _SUSPECT.search(text) else value


def as_text(value: Any) -> str:
    """A value as a reader would see it: text as it is, parts of a message joined, other data as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(_is_text_part(part) for part in value):
        return "\n".join(part if isinstance(part, str) else str(part["text"]) for part in value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_text_part(part: Any) -> bool:
    return isinstance(part, str) or (isinstance(part, dict) and isinstance(part.get("text"), str))


def _decoded(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if not isinstance(raw, bytes):
        raise ValueError("unknown shape: not a text")  # noqa: TRY004 - the caller counts ValueErrors as bad rows
    if len(raw) > MAX_JSON_BYTES:
        raise ValueError(f"longer than {MAX_JSON_BYTES // 2**20} MB")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("text is not UTF-8") from None


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable_text(key): _storable(item) for key, item in value.items()}
    return value
