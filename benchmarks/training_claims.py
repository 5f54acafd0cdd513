"""The training's claims, each with its goal.

Full size: five seeds that were fixed before anything was tuned, 200 ms a call where time is measured (three quarters of an
hour on two quiet cores, ten minutes of it stock APO at 200 ms). Quick: one seed and small sets, the same code.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.measuring import claim, not_run
from benchmarks.training_desk import LATENCY_S, SEEDS, Sets, sets_of
from benchmarks.training_overhead import roll_out
from benchmarks.training_searches import LIKE_STOCK, Outcome, gepa, ours, stock
from nightschool.records import SearchPolicy

CALLS_OF_A_ROLLOUT = 2
"""That depend on one another, at least: the agent's answer and its grade. Tools make it more, and the bound would be higher."""


@dataclass(frozen=True)
class Size:
    """How much is run."""

    seeds: tuple[int, ...]
    train: int
    validation: int
    rollouts: int
    policy: SearchPolicy
    screened: SearchPolicy
    gepa: SearchPolicy
    stock: dict[str, int]


SCREENED = SearchPolicy(screen_size=8, beam_width=1, branch_factor=4, races=(16,))
# Of GEPA's own defaults; as many proposals as it likes to have: its way is looked at until it has reached the reward.
EVOLVED = SearchPolicy(algorithm="gepa", max_iterations=40, beam_width=1, branch_factor=1, gradient_batch_size=3)
FULL = Size(SEEDS, 60, 100, 10_000, SearchPolicy(), SCREENED, EVOLVED, {})
QUICK = Size(
    SEEDS[:1],
    30,
    20,
    400,
    SearchPolicy(max_iterations=1, races=(8,)),
    SCREENED.model_copy(update={"max_iterations": 1}),
    EVOLVED.model_copy(update={"max_iterations": 8}),
    {"beam_rounds": 1, "beam_width": 2, "branch_factor": 2},
)


def claims(quick: bool) -> list[dict[str, Any]]:
    """All claims; with `quick` those that take long at any size are not run."""
    size = QUICK if quick else FULL
    return [*_overhead(size), *_near_the_bound(size, quick), *_faster_than_stock(size, quick), *_calls(size)]


def _overhead(size: Size) -> list[dict[str, Any]]:
    before = os.times()
    found = asyncio.run(roll_out(size.rollouts))
    after = os.times()
    cpu_s = (after.user + after.system) - (before.user + before.system) - found.import_cpu_s
    half = len(found.resident_mb) // 2
    grown = found.resident_mb[-1] / found.resident_mb[half - 1 if half else 0]
    rate = size.rollouts / cpu_s
    return [
        claim("rollouts a CPU second, zero latency, Agno in the loop", ours=rate, goal=">= 150", met=rate >= 150),
        claim(f"memory after {size.rollouts} rollouts ÷ after half of them", ours=grown, goal="<= 1.05", met=grown <= 1.05),
    ]


def _near_the_bound(size: Size, quick: bool) -> list[dict[str, Any]]:
    found = []
    for runners, goal in ((8, 1.5), (64, 2.0)):
        name = f"wall-clock ÷ bound, default configuration, {runners} concurrent rollouts"
        if quick and runners == 64:
            found.append(not_run(name, f"<= {goal}", "only at full size"))
            continue
        policy = size.policy.model_copy(update={"n_runners": runners})
        outcome = ours(size.seeds[0], sets_of(size.seeds[0], size.train, size.validation), policy, latency_s=LATENCY_S)
        bound = max(longest_chain(policy, outcome) * LATENCY_S, outcome.calls * LATENCY_S / runners)
        ratio = outcome.wall_s / bound
        found.append(claim(name, ours=outcome.wall_s, peer=bound, ratio=ratio, goal=f"<= {goal}", met=ratio <= goal))
    return found


def longest_chain(policy: SearchPolicy, outcome: Outcome) -> int:
    """Calls that wait for one another: one rollout a heat in each race; a rollout, a critique and an edit between races."""
    races = len(outcome.way)
    heats = len(policy.races) + 1
    return races * heats * CALLS_OF_A_ROLLOUT + (races - 1) * (CALLS_OF_A_ROLLOUT + 2)


def _faster_than_stock(size: Size, quick: bool) -> list[dict[str, Any]]:
    name, goal = "wall-clock, stock APO ÷ ours, equal settings, 8 runners, 200 ms", ">= 10"
    if quick:
        return [not_run(name, goal, "stock APO takes ten minutes")]
    seed = size.seeds[0]
    sets = sets_of(seed, size.train, size.validation)
    theirs = stock(seed, sets, latency_s=LATENCY_S, polls=True)
    mine = ours(seed, Sets(sets.train, sets.validation[:16]), LIKE_STOCK, latency_s=LATENCY_S)
    ratio = theirs.wall_s / mine.wall_s
    return [claim(name, ours=mine.wall_s, peer=theirs.wall_s, ratio=ratio, goal=goal, met=ratio >= 10)]


def _calls(size: Size) -> list[dict[str, Any]]:
    """LLM calls until the best prompt is as good as stock APO's last one, by seed."""
    mine: dict[str, list[float]] = {"default configuration": [], "screen_size 8, beam 1": []}
    theirs, evolved = [], []
    for seed in size.seeds:
        sets = sets_of(seed, size.train, size.validation)
        peer = stock(seed, sets, **size.stock)
        theirs.append(peer.calls_to(peer.reward))
        for name, policy in zip(mine, (size.policy, size.screened), strict=True):
            mine[name].append(ours(seed, sets, policy).calls_to(peer.reward))
        evolved.append(gepa(seed, sets, size.gepa).calls_to(peer.reward))
    found = []
    for name, calls in mine.items():
        spread = f"{name} ({min(calls):.0f} to {max(calls):.0f} over {len(calls)} seeds)"
        found += [
            _of_peer(f"LLM calls to the held-out reward that stock APO ends with, {spread}", calls, theirs, 0.2),
            _of_peer(f"the same against GEPA, through the same server and agent, {name}", calls, evolved, 1.0),
        ]
    return found


def _of_peer(name: str, mine: list[float], theirs: list[float], goal: float) -> dict[str, Any]:
    ours_median, peer_median = median(mine), median(theirs)
    if peer_median == float("inf"):  # it never gets there
        met = ours_median < float("inf")
        return {"claim": name, "ours": ours_median, "peer": None, "ratio": None, "goal": "reached; the peer is not", "met": met}
    if ours_median == float("inf"):
        return {"claim": name, "ours": None, "peer": peer_median, "ratio": None, "goal": f"<= {goal:.0%} of it", "met": False}
    ratio = ours_median / peer_median
    return claim(name, ours=ours_median, peer=peer_median, ratio=ratio, goal=f"<= {goal:.0%} of it", met=ratio <= goal)
