"""What each kind of edit is worth: each alone, and all together, on the simulated desk."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.training_desk import SEED_PROMPT, SEEDS, held_out, sets_of
from benchmarks.training_searches import ours
from nightschool.records import SearchPolicy

ALL = ("critique", "merge", "demonstrations", "shorten")
ALONE = (("critique",), ("demonstrations",), ("shorten",), ("critique", "merge"))
"""Merge has nothing to merge without critique."""


def ablation(seeds: tuple[int, ...] = SEEDS, train: int = 60, validation: int = 100) -> list[dict[str, Any]]:
    """A row for each set of edits: held-out reward (median, worst seed), calls (median)."""
    rows = [
        {"edits": "none (the seed prompt)", "held-out": held_out(SEED_PROMPT), "worst seed": held_out(SEED_PROMPT), "calls": 0}
    ]
    for edits in (*ALONE, ALL):
        found = [ours(seed, sets_of(seed, train, validation), SearchPolicy(edits=edits)) for seed in seeds]
        rows.append(
            {
                "edits": ", ".join(edits),
                "held-out": median(one.reward for one in found),
                "worst seed": min(one.reward for one in found),
                "calls": int(median(one.calls for one in found)),
            }
        )
    return rows
