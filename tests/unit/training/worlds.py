"""A world for searches without a model: examples, and a `roll` that scores prompts by a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from nightschool.records import Example, Rollout, version_of
from nightschool.training.edits import Experiment

Score = Callable[[str, Example], float | None]


def an_example(number: int, **fields: object) -> Example:
    known = {"example_id": f"e{number:03d}", "session_id": f"s{number:03d}", "question": f"Where is order {number}?"}
    return Example(**(known | fields))


def examples(count: int, first: int = 0, **fields: object) -> list[Example]:
    return [an_example(number, **fields) for number in range(first, first + count)]


def an_experiment(example: Example, reward: float | None, text: str = "", answer: str = "no") -> Experiment:
    rollout = Rollout(
        example_id=example.example_id,
        prompt_version=version_of(text),
        answer=answer,
        reward=reward,
        fault=None if reward is not None else "infrastructure",
        error="" if reward is not None else "503",
    )
    messages = ({"role": "user", "content": example.question}, {"role": "assistant", "content": answer})
    return Experiment(example=example, rollout=rollout, messages=messages)


class World:
    """Scores prompts by a rule, and counts what was bought of it: (prompt, example id)."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self.bought: Counter[tuple[str, str]] = Counter()

    async def roll(self, text: str, asked: Sequence[Example], mode: str) -> list[Experiment]:
        self.bought.update((f"{mode}:{text}", example.example_id) for example in asked)
        return [an_experiment(example, self.score(text, example), text) for example in asked]

    def bought_of(self, text: str, mode: str = "val") -> int:
        return sum(count for (name, _), count in self.bought.items() if name == f"{mode}:{text}")
