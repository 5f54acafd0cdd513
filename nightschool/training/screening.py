"""Screening: before it is raced, a candidate must beat its parent on what the critic read of it.

A race over validation is dear, and most candidates are no better than their parent; a few training rollouts show that. What
helped at the screen is merged at once: one more candidate follows all the critiques that helped.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from nightschool.evaluation import side_by_side
from nightschool.records import SearchPolicy
from nightschool.training.edits.base import Edit, Experiment, Parent, Proposal
from nightschool.training.edits.trimming import mixed
from nightschool.training.racing import Roll, Runner


class Screened(NamedTuple):
    """A candidate that beat its parent, and by how much."""

    runner: Runner
    gain: float


async def screen(read: Sequence[Experiment], runners: Sequence[Runner], roll: Roll, policy: SearchPolicy) -> list[Screened]:
    """All candidates that beat their parent on a few of its training rollouts, best first; of equals the shorter prompt.

    Args:
        read: the parent's rollouts on the batch that edits learned from.
        runners: its children.
        roll: runs a prompt on examples.
        policy: how many rollouts.
    """
    scored = sorted((one for one in read if one.reward is not None), key=lambda one: (one.reward or 0.0, one.example.example_id))
    chosen = mixed(scored, policy.screen_size) if scored else []
    if not chosen:
        return []
    made = await side_by_side(_gain(runner, chosen, roll) for runner in runners)
    better = [one for one in made if one.gain > 0]
    return sorted(better, key=lambda one: (-one.gain, len(one.runner.text), one.runner.text))


async def merged(critiques: Sequence[tuple[str, str]], edits: Sequence[Edit], rng: random.Random) -> list[Proposal]:
    """One more candidate that follows all of some critiques; none where there are fewer than two, or nobody merges.

    Args:
        critiques: prompt and critique of the candidates that beat their parent, best first.
        edits: those of the search.
        rng: of what the edit draws.
    """
    merging = next((edit for edit in edits if edit.kind == "merge"), None)
    others = tuple(dict.fromkeys(critique for _, critique in critiques[1:] if critique != critiques[0][1]))
    if merging is None or not others:
        return []
    best = Parent(text=critiques[0][0], experiments=(), train=(), accepted=others)
    return [one for one in await merging.propose(best, 1, rng) if isinstance(one, Proposal)]


async def _gain(runner: Runner, chosen: Sequence[Experiment], roll: Roll) -> Screened:
    rewards = await roll(runner.text, [one.example for one in chosen], "val")  # no critic reads these
    gains = [
        new.reward - old.reward
        for old, new in zip(chosen, rewards, strict=True)
        if old.reward is not None and new.reward is not None
    ]
    return Screened(runner, sum(gains) / len(gains) if gains else 0.0)
