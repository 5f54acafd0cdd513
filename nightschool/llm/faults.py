"""Which failures of a model call are outages, and which are the caller's: one table.

============================================  =======================================
what the endpoint did                         what it means
============================================  =======================================
refused, dropped or timed out the connection  outage: `TransientError`
answered 408, 409, 425, 429 or 5xx            outage: `TransientError`
answered with a body that is not JSON         outage: `TransientError`
answered 401, 403 or 404                      wrong key or model: `EndpointRefused`
answered another 4xx, and said “too long”     a shorter chat may do: `ContextExceeded`
answered any other 4xx (a parameter, …)       the request's own fault: `LLMError`
============================================  =======================================
"""

from __future__ import annotations

import re

from nightschool.errors import ContextExceeded, EndpointRefused, LLMError, TransientError

OUTAGE_STATUSES = frozenset({408, 409, 425, 429})
WRONG_ADDRESS_STATUSES = frozenset({401, 403, 404})
_TOO_LONG = re.compile(
    r"context[ _](?:length|size|window|limit)"  # most: OpenAI's and llama.cpp's codes, SGLang's, OpenRouter's words
    r"|maximum (?:model|prompt) length"  # vLLM, xAI
    r"|(?:prompt|input) is too long"  # Anthropic, Bedrock
    r"|exceeds the maximum number of tokens"  # Gemini
    r"|max_new_tokens` must be|must have less than \d+ tokens"  # TGI
    r"|reduce the length of the messages",  # Groq
    re.IGNORECASE,
)
"""How endpoints say that a chat is too long for a model; there is no code that all of them give."""


def is_outage(error: BaseException) -> bool:
    """Whether a failed call would be worth another try."""
    import json

    import openai

    if isinstance(error, openai.APIStatusError):
        return error.status_code in OUTAGE_STATUSES or error.status_code >= 500
    return isinstance(
        error, openai.APIConnectionError | openai.APIResponseValidationError | json.JSONDecodeError | TransientError
    )


def as_llm_error(error: BaseException, what: str) -> LLMError:
    """The error of ours that says what happened to `what` (a few words, like `the critic's call`)."""
    import openai

    if is_outage(error):
        return TransientError(
            f"{what} met an outage: {_short(error)}", next_step="Try again later; finished calls are not paid twice."
        )
    if isinstance(error, openai.APIStatusError) and error.status_code in WRONG_ADDRESS_STATUSES:
        return EndpointRefused(
            f"{what} was refused with {error.status_code}: {_short(error)}",
            next_step="Check OPENAI_API_KEY, --base-url and --model; `nightschool doctor` tries them.",
        )
    if isinstance(error, openai.APIStatusError) and _TOO_LONG.search(f"{error} {error.body}"):
        return ContextExceeded(
            f"{what} is too long for the model: {_short(error)}",
            next_step="Choose a model with a longer context, or shorten what it reads: search.max_critic_tokens, "
            "search.max_demonstrations.",
        )
    return LLMError(f"{what} failed: {_short(error)}", next_step="A wrong parameter or a content filter fails like this.")


def retry_after_s(error: BaseException) -> float | None:
    """The seconds that the endpoint asked to wait, where it did; Agno wraps the error that knows it in one of its own."""
    answers = (getattr(one, "response", None) for one in (error, error.__cause__))
    value = next((answer.headers.get("retry-after") for answer in answers if answer is not None), None)
    try:
        return max(0.0, float(value)) if value is not None else None
    except ValueError:  # an HTTP date: rare, and the usual back-off does
        return None


def _short(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if len(text) <= 300 else text[:300] + "…"
