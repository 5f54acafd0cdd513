"""Successive halving over one fixed order of validation examples (Jamieson & Talwalkar, arXiv 1502.07943).

Candidates run side by side on the first examples; the worse half stops, the others go on. Two candidates are compared on
the examples that both finished: unscored is not zero.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from nightschool.evaluation import side_by_side
from nightschool.records import Example
from nightschool.training.edits.base import Experiment

Roll = Callable[[str, Sequence[Example], str], Awaitable[list[Experiment]]]
"""Rolls a prompt out on examples in a mode: `train`, where critics read what was said, or `val`."""


@dataclass
class Runner:
    """A prompt in the race, with its rewards by example id (None: unscored)."""

    text: str
    rewards: dict[str, float | None] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        """The mean of its scored rewards."""
        scored = [reward for reward in self.rewards.values() if reward is not None]
        return sum(scored) / len(scored) if scored else None

    @property
    def scored(self) -> set[str]:
        """The examples that it has a score on."""
        return {name for name, reward in self.rewards.items() if reward is not None}

    @property
    def n_scored(self) -> int:
        """How many of its rollouts have a score."""
        return len(self.scored)


async def race(
    runners: Sequence[Runner], examples: Sequence[Example], heats: Sequence[int], keep: int, roll: Roll
) -> list[Runner]:
    """Race prompts over validation examples.

    Args:
        runners: the prompts; results that they bring along are not bought again.
        examples: in the one order that all races of a search use.
        heats: numbers of examples after which the worse half stops; the last heat is always all of them.
        keep: how many must finish at least.
        roll: runs a prompt on examples.

    Returns:
        Those that finished, best first.
    """
    left = list(runners)
    for heat in _heats(heats, len(examples)):
        await side_by_side(_run_up_to(runner, examples[:heat], roll) for runner in left)
        left = ranked(left)
        if heat < len(examples):
            left = left[: max(keep, (len(left) + 1) // 2)]
    return left


def ranked(runners: Sequence[Runner]) -> list[Runner]:
    """Best first, by the mean over the examples that all of them finished; of equals the shorter prompt, then by text.

    A runner without any score stands last, and does not take the others' examples away.
    """
    common = _common(runners)
    return sorted(runners, key=lambda runner: (-_mean_over(runner, common), len(runner.text), runner.text))


def beats(one: Runner, other: Runner) -> bool:
    """Whether one has the higher mean over the examples that both finished; a tie is no win."""
    return (gain_over(one, other) or 0.0) > 0


def gain_over(one: Runner, other: Runner) -> float | None:
    """How much higher one's mean is over the examples that both finished; None where there are none."""
    common = one.scored & other.scored
    return _mean_over(one, common) - _mean_over(other, common) if common else None


def _heats(heats: Sequence[int], total: int) -> list[int]:
    return [*(heat for heat in heats if heat < total), total]


async def _run_up_to(runner: Runner, examples: Sequence[Example], roll: Roll) -> None:
    missing = [example for example in examples if example.example_id not in runner.rewards]
    if not missing:
        return
    experiments = await roll(runner.text, missing, "val")
    runner.rewards |= {experiment.example.example_id: experiment.reward for experiment in experiments}


def _common(runners: Sequence[Runner]) -> set[str]:
    """The examples that all runners with any score have a score on."""
    scored = [runner.scored for runner in runners]
    return set.intersection(*filter(None, scored)) if any(scored) else set()


def _mean_over(runner: Runner, ids: set[str]) -> float:
    rewards = [reward for example_id, reward in runner.rewards.items() if example_id in ids and reward is not None]
    return sum(rewards) / len(rewards) if rewards else float("-inf")
