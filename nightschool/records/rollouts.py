"""One run of the agent on one example under one prompt."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from nightschool.records.base import StoredRecord

Fault = Literal["agent", "infrastructure"]
"""The prompt's own failure (reward 0), or an outage (unscored)."""

RolloutFault = Literal["agent", "infrastructure", "divergent"]
"""As `Fault`, or a tool was called that may not run and whose answer nobody recorded (unscored)."""


class Rollout(StoredRecord):
    """What one run of the agent gave. `reward` is None where no valid score exists: unscored, never 0."""

    example_id: str
    prompt_version: str
    answer: str = ""
    reward: float | None = Field(default=None, ge=0, le=1)
    accuracy: float | None = Field(default=None, ge=0, le=1)
    judge: float | None = Field(default=None, ge=0, le=1, description="the judge's part of the reward")
    judge_reason: str = ""
    fault: RolloutFault | None = None
    missing_tool: str = Field(default="", description="of a divergent rollout: the tool whose answer was not recorded")
    error: str = ""
    system_message: str = ""
    messages: tuple[dict[str, Any], ...] = Field(
        default=(), description="the chat without its system message, in OpenAI's shape, tool calls included"
    )
    model: str = ""
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost_usd: float = Field(default=0.0, ge=0)
    llm_calls: int = Field(default=1, ge=0, description="calls of the agent's model; the judge's are counted apart")
    latency_s: float = Field(default=0.0, ge=0)
