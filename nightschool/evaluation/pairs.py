"""Paired rollouts: incumbent and challenger on the same held-out examples, bought in batches while the gate wants more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from nightschool.errors import BudgetExhausted
from nightschool.evaluation.side_by_side import side_by_side
from nightschool.records import Example, Pair, Rollout, Sample

if TYPE_CHECKING:
    from nightschool.evaluation.evaluator import Evaluator

_LOG = logging.getLogger(__name__)
BoughtPair = tuple[Pair, Rollout, Rollout]
"""A pair with the rollouts behind it: incumbent's, challenger's."""


def as_sample(rollout: Rollout) -> Sample:
    """What the gate needs of a rollout; to the gate a divergent one is unscored like any outage."""
    return Sample(
        reward=rollout.reward,
        accuracy=rollout.accuracy,
        judge=rollout.judge,
        fault="infrastructure" if rollout.fault == "divergent" else rollout.fault,
        cost_usd=rollout.cost_usd,
        latency_s=rollout.latency_s,
        tokens=rollout.output_tokens,
    )


async def buy_pairs(
    evaluator: Evaluator,
    incumbent: str,
    challenger: str,
    batches: Sequence[Sequence[Example]],
    *,
    night: str,
    wants_more: Callable[[Sequence[Pair], int], bool],
    on_batch: Callable[[Sequence[Pair]], None] = lambda _: None,
    beside: Callable[[int], Iterable[Coroutine[Any, Any, None]]] = lambda _: (),
) -> list[BoughtPair]:
    """Buy pairs batch by batch until the gate has enough.

    Both arms of a batch run side by side, in the same minutes, under the same grader. Rollouts of this night that the
    journal knows cost nothing.

    Args:
        evaluator: runs and grades.
        incumbent: the incumbent's text.
        challenger: the challenger's text.
        batches: held-out examples, in the order in which the gate bets on their units.
        night: the run date that buys.
        wants_more: told all pairs bought so far and the number of batches left; False ends the buying.
        on_batch: called after each batch with all pairs so far.
        beside: what else runs within a batch, by its number from 0, like checks of the judge.

    Raises:
        BudgetExhausted: where the purse is empty before the first batch is done; finished rollouts are in the journal.
    """
    bought: list[BoughtPair] = []
    for number, batch in enumerate(batches):
        if not wants_more([pair for pair, _, _ in bought], len(batches) - number):
            break
        try:
            buying = [_buy(evaluator, incumbent, challenger, example, night) for example in batch]
            bought += [pair for pair in await side_by_side([*buying, *beside(number)]) if pair is not None]
        except BudgetExhausted as error:
            if not bought:
                raise
            _LOG.warning("The exam ends here: %s", error.message)
            break
        on_batch([pair for pair, _, _ in bought])
    return bought


async def _buy(evaluator: Evaluator, incumbent: str, challenger: str, example: Example, night: str) -> BoughtPair:
    old, new = await side_by_side(evaluator.run(prompt, example) for prompt in (incumbent, challenger))
    pair = Pair(
        session_id=example.session_id,
        example_id=example.example_id,
        incumbent=[as_sample(old)],
        challenger=[as_sample(new)],
        slices=example.slices,
        night=night,
        user_id=example.user_id,
    )
    return pair, old, new
