"""Is the endpoint there, and does it have the model? Asked before money is spent."""

from __future__ import annotations

from nightschool.errors import ConfigError, LLMError
from nightschool.llm.faults import as_llm_error
from nightschool.records import ModelPolicy


def list_models(policy: ModelPolicy, api_key: str) -> list[str]:
    """The names in the endpoint's `/v1/models`.

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
            raise as_llm_error(error, f"the endpoint {policy.base_url or 'of OpenAI'}") from error
        except AttributeError as error:  # the SDK takes a web page for a list
            raise LLMError(
                f"{policy.base_url} has no list of models", next_step="Check --base-url: it often ends with /v1."
            ) from error


def require_model(policy: ModelPolicy, api_key: str, name: str) -> None:
    """Check that the endpoint has a model; some servers answer any name with 200, so only the list tells.

    Raises:
        ConfigError: naming the models that the endpoint has.
        LLMError: where the endpoint does not answer, or refuses the key.
    """
    names = list_models(policy, api_key)
    if name not in names:
        known = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        raise ConfigError(
            f"the endpoint {policy.base_url or 'of OpenAI'} has no model {name!r}; it has: {known or 'none'}",
            next_step="Choose one of them with --model.",
        )
