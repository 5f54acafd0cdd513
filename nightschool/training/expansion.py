"""The first half of an iteration: children of every parent by every edit, and what models refused on the way."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

from nightschool.errors import BudgetExhausted, EndpointRefused, LLMError, TransientError
from nightschool.evaluation import side_by_side
from nightschool.records import Example, SearchPolicy
from nightschool.training.edits.base import Edit, Experiment, Parent, Proposal
from nightschool.training.racing import Roll

_NUMBERED = re.compile(r"\S*\d\S*")
"""Token counts, ids of requests: what differs between two refusals of one kind."""


class Children(NamedTuple):
    """What all edits made of one parent: proposals, and the errors in the place of those that models refused.

    `read` are the parent's rollouts on the batch that the edits learned from.
    """

    proposals: list[Proposal]
    refused: list[LLMError]
    read: tuple[Experiment, ...] = ()


async def children_of(
    text: str,
    accepted: Sequence[str],
    train: Sequence[Example],
    roll: Roll,
    edits: Sequence[Edit],
    policy: SearchPolicy,
    rng: random.Random,
) -> Children:
    """Roll a parent out on a batch of training examples, and let every edit propose.

    Args:
        text: the parent's prompt.
        accepted: critiques that helped its siblings.
        train: what edits learn from.
        roll: runs a prompt on examples.
        edits: the kinds of edit.
        policy: batch size and branches.
        rng: draws the batch and all that the edits draw.

    Raises:
        LLMError: an outage, an empty purse or a wrong key, with which no other edit or parent would fare better.
    """
    batch = rng.sample(list(train), min(policy.gradient_batch_size * policy.branch_factor, len(train)))
    experiments = tuple(await roll(text, batch, "train"))
    parent = Parent(text=text, experiments=experiments, train=tuple(train), accepted=tuple(accepted))
    rngs = [random.Random(rng.getrandbits(64)) for _ in edits]
    made = await side_by_side(_proposed(edit, parent, policy.branch_factor, own) for edit, own in zip(edits, rngs, strict=True))
    children = [child for by_one_edit in made for child in by_one_edit]
    return Children(
        proposals=[child for child in children if isinstance(child, Proposal)],
        refused=[child for child in children if isinstance(child, LLMError)],
        read=experiments,
    )


def warnings_of(iteration: int, refused: Sequence[LLMError]) -> list[str]:
    """One line for each kind of refusal, and not one for each child, in the order of the first of each kind.

    Args:
        iteration: counted from 1.
        refused: one error for each candidate that was not made.
    """
    kinds: dict[str, list[LLMError]] = {}
    for error in refused:
        kinds.setdefault(f"{type(error).__name__} {_NUMBERED.sub('#', error.message)}", []).append(error)
    return [f"iteration {iteration} lacks {_candidates(len(errors))}: {errors[0].message}" for errors in kinds.values()]


async def _proposed(edit: Edit, parent: Parent, count: int, rng: random.Random) -> Sequence[Proposal | LLMError]:
    """What one edit proposes; where the edit itself ends with a refusal, all of its proposals are refused."""
    try:
        return await edit.propose(parent, count, rng)
    except (TransientError, BudgetExhausted, EndpointRefused):
        raise
    except LLMError as error:
        return [error] * count


def _candidates(number: int) -> str:
    return "1 candidate" if number == 1 else f"{number} candidates"
