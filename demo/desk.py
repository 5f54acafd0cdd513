"""The agent of the demo's support desk, on the real small model: what its production would build."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nightschool.errors import ConfigError
from nightschool.local_model import MODEL_NAME

if TYPE_CHECKING:
    from agno.agent import Agent

AGENT_ID = "support-desk"
MODEL_URL_VARIABLE = "NIGHTSCHOOL_DEMO_MODEL_URL"
SEED_PROMPT = (
    "You are the assistant of our support desk. You get a question and a customer's mail. "
    "Reply with the value that the question asks for."
)


def build_agent(prompt: str = SEED_PROMPT) -> Agent:
    """The desk's agent with a system prompt: what production calls, and what nightschool is given as `demo.desk:build_agent`.

    Raises:
        ConfigError: the environment does not say where the model is.
    """
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat

    base_url = os.environ.get(MODEL_URL_VARIABLE)
    if not base_url:
        raise ConfigError(
            f"The demo's agent needs the address of its model in {MODEL_URL_VARIABLE}, which is not set.",
            next_step="`make demo` starts the model and sets it.",
        )
    # The longest value takes 10 tokens; the limit also keeps a model that talks too much from holding the line.
    model = OpenAIChat(id=MODEL_NAME, base_url=base_url, api_key="none", max_tokens=16, temperature=0)
    # The prompt reaches the model as it is: Agno would otherwise fill in what stands in braces.
    return Agent(id=AGENT_ID, model=model, system_message=prompt, resolve_in_context=False, telemetry=False)
