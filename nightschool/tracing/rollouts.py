"""A rollout as spans: `invoke_agent` around all that it does, with its reward, and one that agentlightning's critics read.

For critics its chat is written as `gen_ai.prompt.<n>.*` and `gen_ai.completion.0.*` attributes: the only form in which
agentlightning's adapter can read what was said. No tracer on the market writes it for Agno 3.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from nightschool.records import Rollout
from nightschool.tracing.provider import is_exported, tracer

LONGEST_ATTRIBUTE_CHARS = 20_000
EXPORT_NOT = "agent.run"
"""The span for critics: what it says is in the rollout's own spans, and a collector would count its tokens twice."""


@contextlib.contextmanager
def rollout_span(prompt_version: str, example_id: str, sample: int = 0) -> Iterator[Callable[[Rollout], None]]:
    """All of one rollout, with its grade; told of it when it is finished. Where nobody receives spans there is none.

    Args:
        prompt_version: under which prompt.
        example_id: on which question.
        sample: which of several runs.
    """
    if not is_exported():
        yield lambda _: None
        return
    known: dict[str, Any] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.version": prompt_version,
        "nightschool.example_id": example_id,
        "nightschool.sample": sample,
    }
    with tracer().start_as_current_span("invoke_agent", attributes=known) as span:

        def told(rollout: Rollout) -> None:
            span.set_attributes(_figures(rollout))
            span.set_attribute("nightschool.latency_s", rollout.latency_s)
            for name, score in (("reward", rollout.reward), ("accuracy", rollout.accuracy), ("judge", rollout.judge)):
                if score is not None:
                    why = {"gen_ai.evaluation.explanation": rollout.judge_reason} if name == "judge" else {}
                    graded: dict[str, Any] = {"gen_ai.evaluation.name": name, "gen_ai.evaluation.score.value": score, **why}
                    span.add_event("gen_ai.evaluation.result", graded)

        yield told


def trace_rollout(rollout: Rollout) -> None:
    """Write a finished rollout's span for critics: its chat, its tokens, its reward."""
    now = time.time_ns()
    span = tracer().start_span(
        EXPORT_NOT, start_time=now - int(rollout.latency_s * 1e9), attributes={**_chat(rollout), **_figures(rollout)}
    )
    span.end(end_time=now)


def _chat(rollout: Rollout) -> dict[str, Any]:
    said = list(rollout.messages)
    answered = bool(said) and said[-1].get("role") == "assistant"
    attributes: dict[str, Any] = {}
    for index, message in enumerate(said[:-1] if answered else said):
        attributes |= _prompt_attributes(f"gen_ai.prompt.{index}", message)
    if answered or rollout.answer:
        attributes["gen_ai.completion.0.role"] = "assistant"
        attributes["gen_ai.completion.0.content"] = (rollout.answer or str(said[-1].get("content", "")))[:LONGEST_ATTRIBUTE_CHARS]
    return attributes


def _prompt_attributes(prefix: str, message: dict[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {f"{prefix}.role": message["role"]}
    for index, call in enumerate(message.get("tool_calls") or ()):
        name = f"{prefix}.tool_calls.{index}"
        attributes[f"{name}.id"] = call["id"]
        attributes[f"{name}.name"] = call["function"]["name"]
        attributes[f"{name}.arguments"] = call["function"]["arguments"]
    if not message.get("tool_calls"):
        attributes[f"{prefix}.content"] = str(message.get("content", ""))[:LONGEST_ATTRIBUTE_CHARS]
    if message.get("tool_call_id"):
        attributes[f"{prefix}.tool_call_id"] = message["tool_call_id"]
    return attributes


def _figures(rollout: Rollout) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.request.model": rollout.model,
        "gen_ai.usage.input_tokens": rollout.input_tokens,
        "gen_ai.usage.output_tokens": rollout.output_tokens,
        "nightschool.example_id": rollout.example_id,
        "nightschool.prompt_version": rollout.prompt_version,
        "nightschool.fault": rollout.fault or "",
    }
    if rollout.reward is not None:
        figures["nightschool.reward"] = rollout.reward
    return figures
