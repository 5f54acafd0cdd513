"""What a critic is shown: a prompt and some runs with it, found in the text of a critique request.

The requests are agentlightning's three critique templates, rendered in Python or by its own `poml`; headings may be
Markdown or plain, and the runs' messages are JSON in any nesting (chat messages, or spans with flat attributes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nightschool.simulator.chat import json_values, text_of

_LINES = re.IGNORECASE | re.MULTILINE
_PROMPT_HEADING = re.compile(r"^\W*(?:(?:original |current )?prompt template|prompt)\W*$", _LINES)
_RUNS_HEADING = re.compile(r"^\W*(?:experiments with|sample runs (?:with|of)).*$", _LINES)
_RUN_HEADING = re.compile(r"^\W*(?:experiment|sample run)\s*#?\s*\d+.*$", _LINES)
_AFTER_RUNS = re.compile(r"^\W*your task\W*$", _LINES)
_REWARD = re.compile(r"final (?:reward|score)\W*(?:is)?\W*(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_REWARD_KEY = re.compile(r"reward(?:\.0\.value)?$")
_FLAT_MESSAGE = re.compile(r"^gen_ai\.(prompt|completion)\.(\d+)\.(role|content)$")

_SIDES = {"prompt": 0, "completion": 1}


@dataclass(frozen=True)
class ShownRun:
    """One run as the critic sees it; `reward` is None where none is shown."""

    question: str
    answer: str
    reward: float | None
    used_tool: bool


@dataclass(frozen=True)
class Shown:
    """All that a critique request shows."""

    prompt: str
    runs: tuple[ShownRun, ...]


def read_request(text: str) -> Shown:
    """The prompt and its runs; empty where the text holds none."""
    heading = _PROMPT_HEADING.search(text)
    runs_heading = _RUNS_HEADING.search(text, heading.end() if heading else 0)
    if not heading or not runs_heading:
        return Shown("", ())
    prompt = text[heading.end() : runs_heading.start()].strip()
    end = _AFTER_RUNS.search(text, runs_heading.end())
    return Shown(prompt, tuple(_runs(text[runs_heading.end() : end.start() if end else len(text)])))


def _runs(text: str) -> Iterator[ShownRun]:
    places = [*(match.end() for match in _RUN_HEADING.finditer(text)), len(text)]
    for start, end in pairwise(places):
        if run := _run(text[start:end]):
            yield run


def _run(block: str) -> ShownRun | None:
    messages: list[dict[str, Any]] = []
    rewards: list[float] = [float(value) for value in _REWARD.findall(block)]
    for value in json_values(block):
        messages += _messages(value)
        rewards += _rewards(value)
    questions = [text_of(m.get("content")) for m in messages if m["role"] == "user"]
    answers = [text_of(m.get("content")) for m in messages if m["role"] == "assistant"]
    if not questions:
        return None
    used_tool = any(m["role"] == "tool" or m.get("tool_calls") for m in messages)
    answer = next((text for text in reversed(answers) if text), "")
    return ShownRun(questions[-1], answer, rewards[0] if rewards else None, used_tool)


def _messages(value: object) -> list[dict[str, Any]]:
    """The chat messages anywhere in a JSON value, without those of graders."""
    if isinstance(value, list):
        return [message for item in value for message in _messages(item)]
    if not isinstance(value, dict):
        return []
    if isinstance(value.get("role"), str):
        return [] if _is_grading(text_of(value.get("content"))) else [value]
    return _flat_messages(value) + [message for item in value.values() for message in _messages(item)]


def _flat_messages(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for key, value in attributes.items():
        if match := _FLAT_MESSAGE.match(key):
            side, position, name = match.groups()
            found.setdefault((_SIDES[side], int(position)), {"role": "assistant"})[name] = value
    return [found[place] for place in sorted(found)]


def _rewards(value: object) -> list[float]:
    if isinstance(value, list):
        return [reward for item in value for reward in _rewards(item)]
    if not isinstance(value, dict):
        return []
    here = [float(v) for key, v in value.items() if _REWARD_KEY.search(key) and isinstance(v, int | float)]
    return here + [reward for item in value.values() for reward in _rewards(item)]


def _is_grading(content: str) -> bool:
    values = list(json_values(content)) if content.lstrip().startswith("{") else []
    return any(isinstance(v, dict) and ("score" in v or {"question", "answer"} <= v.keys()) for v in values)
