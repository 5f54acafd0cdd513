"""Counts a search's rollouts, and stops it where too many have no score, or where the agent fails whatever it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from nightschool.errors import ConfigError
from nightschool.evaluation import require_scored
from nightschool.records import Example, SearchPolicy
from nightschool.training.edits.base import Experiment
from nightschool.training.racing import Roll


class CountedRoll:
    """A `Roll` that counts.

    Args:
        roll: runs a prompt on examples.
        policy: how many may stay unscored.
        seed_prompt: the one that the search starts from, which is served: an agent that fails with it alone is broken.
    """

    def __init__(self, roll: Roll, policy: SearchPolicy, seed_prompt: str) -> None:
        self._roll = roll
        self._seed_prompt = seed_prompt
        self._policy = policy
        self.rollouts = 0

    async def __call__(self, text: str, examples: Sequence[Example], mode: str) -> list[Experiment]:
        """Roll a prompt out on examples.

        Raises:
            LLMError: where more of them than the policy allows have no score.
            ConfigError: where the seed prompt's all end with the agent's fault.
        """
        experiments = await self._roll(text, examples, mode)
        self.rollouts += len(experiments)
        if sum(one.reward is None for one in experiments) > 1:  # one alone is set aside, however small the batch
            require_scored([one.rollout for one in experiments], self._policy.max_unscored_share, "the search")
        if text == self._seed_prompt:
            _require_one_that_ended_well(experiments)
        return experiments


def _require_one_that_ended_well(experiments: Sequence[Experiment]) -> None:
    """An edit can't mend what fails on every question; each further rollout would be paid for nothing."""
    if len(experiments) > 1 and all(one.rollout.fault == "agent" for one in experiments):
        raise ConfigError(
            f"all {len(experiments)} rollouts of the prompt that the search starts from failed by the agent's own fault; "
            f"the last met: {experiments[-1].rollout.error or 'no answer'}",
            next_step="Ask your agent a question by hand, with the prompt that is served. Slow or long ones: "
            "search.rollout_timeout_s, rollouts.max_llm_calls.",
        )
