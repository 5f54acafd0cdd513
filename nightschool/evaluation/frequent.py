"""Questions that make much of the traffic, asked several times in both arms: a slice that one example alone could not show."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nightschool.errors import BudgetExhausted
from nightschool.evaluation.pairs import as_sample
from nightschool.evaluation.side_by_side import side_by_side
from nightschool.records import Example, Pair, Sample, Splits

if TYPE_CHECKING:
    from nightschool.evaluation.evaluator import Evaluator

_LOG = logging.getLogger(__name__)


def frequent_questions(splits: Splits, share: float) -> tuple[Example, ...]:
    """The examples of any set that stand for at least a share of the window's turns, curated ones aside; by their ids.

    Args:
        splits: the window's examples.
        share: above 0, at most 1.
    """
    asked = [e for e in (*splits.train, *splits.validation, *splits.held_out) if e.origin != "curated"]
    total = sum(example.frequency for example in asked)
    return tuple(sorted((e for e in asked if e.frequency >= share * total), key=lambda e: e.example_id))


async def ask_again(
    evaluator: Evaluator, incumbent: str, challenger: str, examples: Sequence[Example], *, samples: int, night: str
) -> tuple[Pair, ...]:
    """Ask each question several times in both arms, anew: not with the sample that the search or the exam has seen.

    Where the purse is empty the pairs come back without samples, so that it can be said what was not looked at.

    Args:
        evaluator: runs and grades.
        incumbent: the incumbent's text.
        challenger: the challenger's text.
        examples: frequent ones.
        samples: runs of each arm on each.
        night: the run date that asks.
    """
    try:
        return tuple(
            await side_by_side(_asked(evaluator, (incumbent, challenger), example, samples, night) for example in examples)
        )
    except BudgetExhausted as error:
        _LOG.warning("Frequent questions were not asked again: %s", error.message)
        return tuple(_pair(example, (), (), night) for example in examples)


async def _asked(evaluator: Evaluator, prompts: tuple[str, str], example: Example, samples: int, night: str) -> Pair:
    runs = [(prompt, sample) for sample in range(1, samples + 1) for prompt in prompts]
    rollouts = await side_by_side(evaluator.run(prompt, example, sample=sample) for prompt, sample in runs)
    graded = [as_sample(rollout) for rollout in rollouts]
    return _pair(example, graded[0::2], graded[1::2], night)


def _pair(example: Example, incumbent: Sequence[Sample], challenger: Sequence[Sample], night: str) -> Pair:
    return Pair(
        session_id=example.session_id,
        example_id=example.example_id,
        incumbent=incumbent,
        challenger=challenger,
        slices=example.slices,
        night=night,
        user_id=example.user_id,
    )
