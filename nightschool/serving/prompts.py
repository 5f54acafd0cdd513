"""A served prompt, and the small JSON file that it travels in."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ServedPrompt:
    """A prompt to build an agent with.

    `version` names its text (12 hexadecimal digits); `promoted_at` is aware and in UTC, None for a default.
    """

    text: str
    version: str
    target: str
    promoted_at: datetime | None = None
    is_default: bool = False

    @property
    def prompt_text(self) -> str:
        """The text, under the name that `PromptManager` users know."""
        return self.text


@dataclass(frozen=True)
class Content:
    """What a place held when it was read, and the mark by which it can tell that nothing has changed since."""

    body: bytes
    etag: str = ""


def default_of(text: str, target: str) -> ServedPrompt:
    """What an agent falls back on while nothing was promoted."""
    return ServedPrompt(text=text, version=_version_of(text), target=target, is_default=True)


def read_served(content: bytes, target: str) -> ServedPrompt:
    """The prompt in a served file.

    Raises:
        ValueError: where it is no such file, or its text is not the one that its version names.
    """
    fields = json.loads(content.decode("utf-8"))
    try:
        text, version = fields["text"], fields["version"]
        promoted_at = datetime.fromisoformat(fields["promoted_at"])
    except (KeyError, TypeError) as problem:
        raise ValueError(f"it lacks what a served prompt has: {problem}") from problem
    if not isinstance(text, str) or version != _version_of(text):
        raise ValueError("its text is not the one that its version names")
    return ServedPrompt(text=text, version=version, target=target, promoted_at=promoted_at)


def _version_of(text: str) -> str:
    # The same name that the registry gives: the start of the SHA-256 of the text.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
