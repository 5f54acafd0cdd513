"""GEPA's reflection: one request that shows a prompt with runs and asks for the better prompt; critic and editor in one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nightschool.simulator.critic import points_on
from nightschool.simulator.editor import edit
from nightschool.simulator.transcripts import Shown, ShownRun

OPENING = "provided an assistant with the following instructions"
_PROMPT = re.compile(rf"{OPENING}[^\n]*\n```\n(?P<prompt>.*?)\n```\n+The following are examples", re.DOTALL)
_RUN = re.compile(
    r"^# Example \d+\n## Inputs\n(?P<question>.*?)\n\n## Generated Outputs\n(?P<answer>.*?)\n\n## Feedback\n(?P<feedback>.*?)"
    r"(?=^# Example|^```|\Z)",
    re.DOTALL | re.MULTILINE,
)
_REWARD = re.compile(r"Reward (\d(?:\.\d+)?)")


def asks_for_reflection(text: str) -> bool:
    """Whether a request is GEPA's."""
    return OPENING in text[:200]


def reflect(text: str, *, seed: int, sample: str) -> str:
    """The new prompt, within a fence."""
    shown = read_reflection(text)
    critique = points_on(shown, text, seed=seed, sample=sample)
    return "```\n" + edit(f"Prompt\n{shown.prompt}\nCritique\n{critique}", seed=seed, sample=sample) + "\n```"


def read_reflection(text: str) -> Shown:
    """The prompt and its runs; empty where the text holds none."""
    found = _PROMPT.search(text)
    return Shown(found["prompt"], tuple(_runs(text[found.end() :]))) if found else Shown("", ())


def _runs(text: str) -> Iterator[ShownRun]:
    for run in _RUN.finditer(text):
        reward = _REWARD.search(run["feedback"])
        yield ShownRun(run["question"].strip(), run["answer"].strip(), float(reward[1]) if reward else None, used_tool=False)
