"""What an exam bought: every pair with both rollouts behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nightschool.records import Pair, Record, Rollout

if TYPE_CHECKING:
    from nightschool.evaluation.pairs import BoughtPair


class BoughtExam(Record):
    """Pairs in the order in which they were bought; `incumbent[n]` and `challenger[n]` are the rollouts of `pairs[n]`."""

    pairs: tuple[Pair, ...] = ()
    incumbent: tuple[Rollout, ...] = ()
    challenger: tuple[Rollout, ...] = ()

    @classmethod
    def of(cls, bought: Sequence[BoughtPair]) -> BoughtExam:
        """The exam of pairs with their rollouts."""
        return cls(
            pairs=tuple(pair for pair, _, _ in bought),
            incumbent=tuple(old for _, old, _ in bought),
            challenger=tuple(new for _, _, new in bought),
        )

    @property
    def rollouts(self) -> tuple[Rollout, ...]:
        """Those of both arms."""
        return (*self.incumbent, *self.challenger)


def calls_of(rollout: Rollout, *, judged: bool) -> int:
    """LLM calls of a rollout: the agent's, and the judge's where there is one and the answer could be graded."""
    return rollout.llm_calls + int(judged and rollout.judge is not None)
