"""Critique and edit requests as agentlightning's five APO templates render, for tests that talk to the simulated model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple


class Run(NamedTuple):
    """One run that a critic is shown: chat messages in OpenAI's shape, and the reward that they got."""

    messages: Sequence[dict[str, Any]]
    reward: float | None


def chat(question: str, answer: str, *between: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": question}, *between, {"role": "assistant", "content": answer}]


def critique_request(variant: int, prompt: str, runs: Sequence[Run]) -> list[dict[str, str]]:
    return {1: _critique_1, 2: _critique_2, 3: _critique_3}[variant](prompt, runs)


def edit_request(variant: int, prompt: str, critique: str) -> list[dict[str, str]]:
    if variant == 1:
        task = "Revise the given prompt template using the critique as constraints and improvement guide."
        shown = f"# Prompt Template\n\n{prompt}\n\n# Critique\n\n{critique}"
    else:
        task = "Revise the prompt to address ONE critique point clearly and effectively."
        shown = f"### PROMPT\n\n{prompt}\n\n### CRITIQUE\n\n{critique}"
    return [{"role": "system", "content": task}, {"role": "user", "content": shown}]


def _critique_1(prompt: str, runs: Sequence[Run]) -> list[dict[str, str]]:
    parts = ["You optimize a prompt template.", "# Original Prompt Template", prompt]
    parts.append("# Experiments with Original Prompt Template")
    for number, run in enumerate(runs, start=1):
        parts += [
            f"## Experiment {number}",
            f"This experiment has succeeded. It gets a final reward: {run.reward}",
            "### Rollout Traces (Chat Messages, Grader Requests included)",
            json.dumps([{"messages": run.messages, "tools": None}], ensure_ascii=False),
        ]
    parts += ["# Your Task", "Produce a brief critique listing specific causes for the error."]
    return [{"role": "user", "content": "\n\n".join(parts)}]


def _critique_2(prompt: str, runs: Sequence[Run]) -> list[dict[str, str]]:
    parts = ["# Role", "You are a prompt engineer.", "# Task", "Analyze where the current prompt failed."]
    parts += ["# Current Prompt Template", prompt, "# Sample Runs with Current Prompt Template", "These are the spans."]
    for number, run in enumerate(runs, start=1):
        spans: list[dict[str, Any]] = [{"name": "chat", "attributes": _flat(run.messages)}]
        spans.append({"name": "reward", "attributes": {"agentlightning.reward.0.value": run.reward}})
        parts += [f"## Sample Run #{number} Diagnostics", "\n".join(json.dumps(span) for span in spans)]
    parts += ["# Output Format", "Write 3-5 short bullets titled 'Critique:'."]
    return [{"role": "user", "content": "\n\n".join(parts)}]


def _critique_3(prompt: str, runs: Sequence[Run]) -> list[dict[str, str]]:
    task = "# Role\n\nYou are an expert prompt engineer.\n\n# Task\n\nProvide a critique of the prompt."
    parts = ["# Prompt", prompt, "# Sample Runs of the Prompts (Historical Messages and Rewards)"]
    for number, run in enumerate(runs, start=1):
        parts += [
            f"## Sample Run #{number}",
            f"### Overall Status\n\nThis run has succeeded. The final score is {run.reward}.",
            f"### Messages\n\n{json.dumps([{'messages': run.messages}], ensure_ascii=False)}",
        ]
    return [{"role": "system", "content": task}, {"role": "user", "content": "\n\n".join(parts)}]


def _flat(messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    *shown, last = messages
    flat = {f"gen_ai.prompt.{n}.{key}": m.get(key) for n, m in enumerate(shown) for key in ("role", "content")}
    return {**flat, "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": last["content"]}
