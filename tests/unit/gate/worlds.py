"""Pairs whose truth is known."""

import numpy as np

from nightschool.gate import Pair, Sample

CHALLENGER = "c0ffee"


def a_pair(n, incumbent, challenger, **fields):
    return Pair(
        session_id=fields.pop("session_id", f"s{n}"),
        example_id=f"e{n}",
        incumbent=[Sample(reward=incumbent)],
        challenger=[Sample(reward=challenger)],
        **fields,
    )


def world(gain, n=150, seed=0, noise=0.3):
    rng = np.random.default_rng(seed)
    rewards = rng.uniform(0.2, 0.6, n)
    moved = np.clip(rewards + rng.normal(gain, noise, n), 0, 1)
    return [a_pair(i, float(a), float(b)) for i, (a, b) in enumerate(zip(rewards, moved, strict=True))]
