"""What a model raised in the agent's own interpreter, as our own Agno calls it: one table says whose fault it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nightschool.agent.faults import LOST_CONNECTIONS


def error_of(failure: Mapping[str, Any]) -> Exception:
    """The exception behind what `nightschool.agent.asking.failure_of` told."""
    from agno.exceptions import ModelAuthenticationError, ModelProviderError

    from nightschool.errors import TransientError

    kinds, message = set(failure["kinds"]), failure["message"]
    if "ModelAuthenticationError" in kinds:
        return ModelAuthenticationError(message)
    if "ModelProviderError" in kinds or failure["status_code"] is not None:
        return ModelProviderError(message, status_code=failure["status_code"] or 502)
    return TransientError(message) if kinds & LOST_CONNECTIONS else RuntimeError(message)
