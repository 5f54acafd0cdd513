"""Counts a search's rollouts, and stops it where too many have no score."""

from __future__ import annotations

from collections.abc import Sequence

from nightschool.evaluation import require_scored
from nightschool.records import Example, SearchPolicy
from nightschool.training.edits.base import Experiment
from nightschool.training.racing import Roll


class CountedRoll:
    """A `Roll` that counts.

    Args:
        roll: runs a prompt on examples.
        policy: how many may stay unscored.
    """

    def __init__(self, roll: Roll, policy: SearchPolicy) -> None:
        self._roll = roll
        self._policy = policy
        self.rollouts = 0

    async def __call__(self, text: str, examples: Sequence[Example], mode: str) -> list[Experiment]:
        """Roll a prompt out on examples.

        Raises:
            LLMError: where more of them than the policy allows have no score.
        """
        experiments = await self._roll(text, examples, mode)
        self.rollouts += len(experiments)
        if sum(one.reward is None for one in experiments) > 1:  # one alone is set aside, however small the batch
            require_scored([one.rollout for one in experiments], self._policy.max_unscored_share, "the search")
        return experiments
