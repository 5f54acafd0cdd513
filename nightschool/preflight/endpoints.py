"""Whom a night talks to: which models it asks, with which key, where its traces go, and whether all of that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nightschool.errors import ConfigError, LLMError
from nightschool.llm import require_models

if TYPE_CHECKING:
    from nightschool.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
CONNECT_TIMEOUT_S = 5.0


def models_in_use(settings: Settings) -> dict[str, str]:
    """The model of each role that this night asks: critic, editor, judge, labeller, or none of them."""
    policy = settings.models
    roles = ["critic", "editor"] if "critique" in settings.search.edits else []
    if settings.grading.use_llm_grader:
        roles.append("judge")
    if settings.data.labeller == "llm":
        roles.append("labeller")
    return {role: getattr(policy, f"{role}_model") or policy.model for role in roles}


def look_for_key(settings: Settings) -> str:
    """What is known about the key, in a few words.

    Raises:
        ConfigError: where one is needed and not set.
    """
    if not models_in_use(settings):
        return "not needed: no critic, editor or judge is asked"
    if settings.openai_api_key.get_secret_value():
        return "yes"
    if urlsplit(settings.models.base_url).hostname in LOOPBACK:
        return "not needed: the endpoint is on this machine"
    any_value = " An endpoint that needs no key takes any value." if settings.models.base_url else ""
    raise ConfigError(
        "OPENAI_API_KEY is not set",
        next_step=f"Set it in the environment or in a file .env in this folder.{any_value}",
    )


def look_for_models(settings: Settings) -> str:
    """The endpoint and the models in use, with a note where its list could not tell whether it has them.

    Raises:
        ConfigError: naming the models that the endpoint has.
        LLMError: where the endpoint does not answer, or refuses the key.
    """
    wanted = sorted(set(models_in_use(settings).values()))
    if not wanted:
        return "not needed: no critic, editor or judge is asked"
    try:
        note = require_models(settings.models, settings.openai_api_key.get_secret_value(), wanted)
    except LLMError as error:
        raise type(error)(
            error.message, next_step="Start the endpoint or name another with --base-url, and look at OPENAI_API_KEY."
        ) from error
    found = f"{settings.models.base_url or 'OpenAI'}: {', '.join(wanted)}"
    return f"{found} ({note})" if note else found


def trace_endpoints(settings: Settings) -> dict[str, str]:
    """The URLs that receive traces, by what they are; only those that are set."""
    agentops = settings.tracing.agentops_endpoint if settings.agentops_api_key.get_secret_value() else ""
    urls = {"OTLP endpoint": settings.tracing.otlp_endpoint, "Trace store": settings.store_url, "AgentOps": agentops}
    return {name: url for name, url in urls.items() if url}


def require_answer(url: str) -> str:
    """Check that something listens at a URL; returns the URL.

    Raises:
        ConfigError: where nothing does.
    """
    import socket

    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=CONNECT_TIMEOUT_S).close()
    except OSError as error:
        raise ConfigError(f"nothing answers at {url}: {error}", next_step="Start it, or leave the setting empty.") from error
    return url
