"""Is the endpoint there, and does it have the model? Asked before money is spent."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from nightschool.errors import ConfigError, LLMError
from nightschool.llm.faults import as_llm_error
from nightschool.records import ModelPolicy

NO_ROUTE_STATUSES = frozenset({404, 405})
AZURE = ".azure.com"
"""Hosts below it list the models of a region, but are asked for deployments, whose names their owner chose."""
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def endpoint_name(base_url: object, provider: str = "") -> str:
    """The configured name of an endpoint in journal keys: who provides it and its host, without port and path.

    A night that is resumed may find the same model on another port of this machine.
    """
    host = urlsplit(str(base_url)).hostname if base_url else ""
    return f"{provider} {'here' if host in _THIS_MACHINE else host or ''}".strip()


def list_models(policy: ModelPolicy, api_key: str) -> list[str] | None:
    """The names in the endpoint's `/v1/models`; None where it has no such route, which not every good endpoint has.

    Raises:
        LLMError: where the endpoint does not answer, or refuses the key.
    """
    import openai

    with openai.OpenAI(
        api_key=api_key or "none", base_url=policy.base_url or None, timeout=min(policy.timeout_s, 15.0), max_retries=1
    ) as client:
        try:
            return sorted(model.id for model in client.models.list())
        except (openai.OpenAIError, ValueError) as error:
            if getattr(error, "status_code", None) in NO_ROUTE_STATUSES:
                return None
            raise as_llm_error(error, f"the endpoint {policy.base_url or 'of OpenAI'}") from error
        except AttributeError as error:  # the SDK takes a web page for a list
            raise LLMError(
                f"{policy.base_url} has no list of models", next_step="Check --base-url: it often ends with /v1."
            ) from error


def require_models(policy: ModelPolicy, api_key: str, names: Collection[str]) -> str:
    """Check that the endpoint has the models; some servers answer any name with 200, so only the list tells.

    Returns:
        Why some could not be checked, in a few words; empty where the list has them all.

    Raises:
        ConfigError: naming the models that the endpoint has.
        LLMError: where the endpoint does not answer, or refuses the key.
    """
    there = list_models(policy, api_key)
    if there is None:
        return "has no list of models: not checked"
    absent = ", ".join(sorted(set(names) - set(there)))
    if absent and _is_azure(policy):
        return f"has no list of deployments: {absent} not checked"
    if absent:
        known = ", ".join(there[:8]) + (", …" if len(there) > 8 else "")
        raise ConfigError(
            f"the endpoint {policy.base_url or 'of OpenAI'} has no model {absent}; it has: {known or 'none'}",
            next_step="Choose one of them with --model.",
        )
    return ""


def _is_azure(policy: ModelPolicy) -> bool:
    return (urlsplit(policy.base_url).hostname or "").endswith(AZURE)
