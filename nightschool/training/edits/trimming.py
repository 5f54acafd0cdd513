"""What a critic reads, kept to a budget of tokens.

The budget is for the whole chat: instructions, the prompt under critique, and rollouts under that prompt. Of the rollouts as
many are shown as fit, in the ratio of failing to passing ones; then all texts in them are cut at one length, the largest
that fits, so that short messages stay whole and the longest one pays. Both are decided by measuring the chat itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nightschool.llm.tokens import BYTES_A_TOKEN, cut_middle, tokens_of, without_control_tokens
from nightschool.training.edits.base import Experiment

Chat = list[dict[str, str]]
Render = Callable[[Sequence[Mapping[str, Any]]], Chat]
"""Makes a chat about rollouts, each with the names that agentlightning's critique prompts use."""

FAILING_SHARE = 0.75
"""Of the rollouts that a critic reads; the passing rest shows what must not be lost."""
LEAST_CHARS = 200
"""A text is not cut shorter: so little of it says too little, and fewer rollouts say more."""
MOST_MESSAGES = 16
"""Of one rollout; of a longer one the middle is left out."""
MOST_TRIES = 5
"""From the default budget that reaches down to a context of 1,000 tokens."""
THE_PROMPT = "(the prompt under critique)"


def mixed(ordered: Sequence[Experiment], size: int) -> list[Experiment]:
    """At most `size` of some rollouts, worst first: of the worst three quarters, of the best the rest."""
    failing = max(1, round(size * FAILING_SHARE))
    passing = min(size - failing, len(ordered) - failing)
    return [*ordered[:failing], *(ordered[-passing:] if passing > 0 else ())]


def chat_within(budget: int, experiments: Sequence[Experiment], prompt: str, render: Render) -> Chat:
    """A chat with as much of some rollouts as fits.

    Args:
        budget: tokens of the chat, by estimate.
        experiments: the rollouts, worst first; at least one.
        prompt: the prompt under critique; where a system message repeats it, a mark stands for it.
        render: makes the chat.

    Returns:
        The chat; over the budget only where a single rollout at its shortest is too much for it.
    """
    chat: Chat = []
    for size, length in _sizes(len(experiments)):
        shown = [_as_shown(experiment, prompt, length) for experiment in mixed(experiments, size)]
        chat = render(_cut(shown, LEAST_CHARS))
        if tokens_of(chat) <= budget:
            return _with_longest_texts(budget, shown, render)
    return chat


def shrinking(budget: int, compose: Callable[[int], Chat]) -> Iterator[Chat]:
    """The chat within a budget, then within half of what that took, and so on while this makes it shorter."""
    before = None
    for _ in range(MOST_TRIES):
        chat = compose(budget)
        tokens = tokens_of(chat)
        if before is not None and tokens >= before:
            return
        yield chat
        before, budget = tokens, min(budget, tokens) // 2


def _sizes(count: int) -> Iterator[tuple[int, int]]:
    """How many rollouts with at most how many messages each, from the most to the least."""
    yield from ((size, MOST_MESSAGES) for size in range(count, 0, -1))
    yield from ((1, length) for length in (MOST_MESSAGES // 2, MOST_MESSAGES // 4))


def _with_longest_texts(budget: int, shown: Sequence[Mapping[str, Any]], render: Render) -> Chat:
    """The chat with texts of the largest length that fits; `LEAST_CHARS` does."""
    longest = min(max(map(len, _texts(shown))), budget * BYTES_A_TOKEN)
    lengths = range(LEAST_CHARS, max(LEAST_CHARS, longest) + 1)
    fitting = bisect_right(lengths, budget, key=lambda length: tokens_of(render(_cut(shown, length))))
    return render(_cut(shown, lengths[fitting - 1]))


def _as_shown(experiment: Experiment, prompt: str, most_messages: int) -> dict[str, Any]:
    """A rollout under the names of agentlightning's critique prompts."""
    shown = [_without_prompt(message, prompt) for message in _ends(experiment.messages, most_messages)]
    messages = _mapped(shown, without_control_tokens)
    reward = round(experiment.reward or 0.0, 3)
    return {
        "status": "failed" if experiment.rollout.fault else "succeeded",
        "final_reward": reward,
        "messages": messages,
        "spans": [{"name": "agent.run", "messages": messages, "reward": reward}],
    }


def _ends(messages: Sequence[Any], most: int) -> list[Any]:
    """The first and the last messages, with a note between them where some are left out."""
    if len(messages) <= most:
        return list(messages)
    half = most // 2
    note = {"role": "note", "content": f"[… {len(messages) - 2 * half:,} messages left out …]"}
    return [*messages[:half], note, *messages[-half:]]


def _without_prompt(message: Any, prompt: str) -> dict[str, Any]:
    """A message without empty fields, and without the prompt, which the critic reads once already."""
    shown = {key: value for key, value in dict(message).items() if value is not None}
    content, repeated = shown.get("content"), prompt.strip()
    if shown.get("role") in ("system", "developer") and isinstance(content, str) and len(repeated) > len(THE_PROMPT):
        shown["content"] = content.replace(repeated, THE_PROMPT)
    return shown


def _texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _cut(value: Any, length: int) -> Any:
    """A JSON value with all its texts cut."""
    return _mapped(value, lambda text: cut_middle(text, length))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with all its texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(part, change) for part in value]
    return value
