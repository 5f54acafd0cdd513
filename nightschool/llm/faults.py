"""Which failures of a model call are outages, and which are the caller's: one table.

============================================  ======================================
what the endpoint did                         what it means
============================================  ======================================
refused, dropped or timed out the connection  outage: `TransientError`
answered 408, 409, 425, 429 or 5xx            outage: `TransientError`
answered with a body that is not JSON         outage: `TransientError`
answered 401, 403 or 404                      wrong key or model: `EndpointRefused`
answered any other 4xx (prompt too long, …)   the request's own fault: `LLMError`
============================================  ======================================
"""

from __future__ import annotations

from nightschool.errors import EndpointRefused, LLMError, TransientError

OUTAGE_STATUSES = frozenset({408, 409, 425, 429})
WRONG_ADDRESS_STATUSES = frozenset({401, 403, 404})


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
    return LLMError(
        f"{what} failed: {_short(error)}", next_step="A prompt that is too long or a wrong parameter fails like this."
    )


def retry_after_s(error: BaseException) -> float | None:
    """The seconds that the endpoint asked to wait, where it did."""
    response = getattr(error, "response", None)
    value = response.headers.get("retry-after") if response is not None else None
    try:
        return max(0.0, float(value)) if value is not None else None
    except ValueError:  # an HTTP date: rare, and the usual back-off does
        return None


def _short(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if len(text) <= 300 else text[:300] + "…"
