"""Must-pass questions: what the incumbent answers well, a challenger may not get wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nightschool.evaluation.side_by_side import side_by_side
from nightschool.records import Example, Rollout

if TYPE_CHECKING:
    from nightschool.evaluation.evaluator import Evaluator

PASSING_REWARD = 0.5
"""Where no reference tells whether an answer is right, so much is."""


async def must_pass_failures(
    evaluator: Evaluator, incumbent: str, challenger: str, examples: Iterable[Example]
) -> tuple[str, ...]:
    """The ids of the must-pass examples that the incumbent passes and the challenger fails twice, in alphabetical order.

    Args:
        evaluator: runs and grades.
        incumbent: the incumbent's text.
        challenger: the challenger's text.
        examples: of which those that are marked count.
    """
    marked = [example for example in examples if example.must_pass]
    failed = await side_by_side(_fails(evaluator, incumbent, challenger, example) for example in marked)
    return tuple(sorted(example.example_id for example, it_does in zip(marked, failed, strict=True) if it_does))


async def _fails(evaluator: Evaluator, incumbent: str, challenger: str, example: Example) -> bool:
    old, new = await side_by_side(evaluator.run(prompt, example) for prompt in (incumbent, challenger))
    if passes(old) is not True or passes(new) is not False:
        return False
    return passes(await evaluator.run(challenger, example, sample=1)) is False


def passes(rollout: Rollout) -> bool | None:
    """Whether an answer is right: by the reference where there is one, else by its reward; None where it has no score."""
    if rollout.reward is None:
        return None
    if rollout.accuracy is not None:
        return rollout.accuracy == 1.0
    return rollout.reward >= PASSING_REWARD
