"""The training's claims, each with its goal.

Full size: five seeds that were fixed before anything was tuned, 200 ms a call where time is measured (three quarters of an
hour on two quiet cores, ten minutes of it stock APO at 200 ms). Quick: one seed and small sets, the same code.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.measuring import claim, not_run
from benchmarks.training_desk import LATENCY_S, SEEDS, Sets, sets_of
from benchmarks.training_overhead import bare, roll_out
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
    gepa: SearchPolicy
    stock: dict[str, int]


# Of GEPA's own defaults; as many proposals as it likes to have: its way is looked at until it has reached the reward.
EVOLVED = SearchPolicy(algorithm="gepa", max_iterations=40, beam_width=1, branch_factor=1, gradient_batch_size=3)
FULL = Size(SEEDS, 60, 100, 10_000, SearchPolicy(), EVOLVED, {})
QUICK = Size(
    SEEDS[:1],
    30,
    20,
    400,
    SearchPolicy(max_iterations=1, races=(8,)),
    EVOLVED.model_copy(update={"max_iterations": 8}),
    {"beam_rounds": 1, "beam_width": 2, "branch_factor": 2},
)


def claims(quick: bool, parts: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The claims of some parts, or of all; with `quick` those that take long at any size are not run."""
    size = QUICK if quick else FULL
    return [one for name, part in PARTS.items() if not parts or name in parts for one in part(size, quick)]


def _overhead(size: Size, quick: bool) -> list[dict[str, Any]]:
    bare_s = asyncio.run(bare(400 if quick else 2_000))
    found = asyncio.run(roll_out(size.rollouts))
    mine_s = found.cpu_s / size.rollouts
    half = len(found.resident_mb) // 2
    grown = found.resident_mb[-1] / found.resident_mb[half - 1 if half else 0]
    rate, bare_rate = 1 / mine_s, 1 / bare_s
    where = "rollouts a processor second at zero latency; peer: Agno alone, without grades, traces and journal"
    return [
        claim(where, ours=rate, peer=bare_rate, ratio=rate / bare_rate, goal=">= 150", met=rate >= 150),
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
        name += f" ({outcome.calls} calls, {outcome.cpu_s:.1f} s of processor time)"
        found.append(claim(name, ours=outcome.wall_s, peer=bound, ratio=ratio, goal=f"<= {goal}", met=ratio <= goal))
    return found


def longest_chain(policy: SearchPolicy, outcome: Outcome) -> int:
    """Calls that wait for one another, at least: a rollout a heat in each race; a rollout, a critique and an edit between races.

    With a screen there is one more rollout before each race, and one in the end, when the winner runs on all.
    """
    races, heats = len(outcome.way), len(policy.races) + (not policy.screen_size)
    screens = races if policy.screen_size else 0
    return (races * heats + screens) * CALLS_OF_A_ROLLOUT + (races - 1) * (CALLS_OF_A_ROLLOUT + 2)


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


def _calls(size: Size, quick: bool) -> list[dict[str, Any]]:
    """LLM calls until the best prompt is as good as stock APO's last one, by seed."""
    mine, theirs, evolved = [], [], []
    for seed in size.seeds:
        sets = sets_of(seed, size.train, size.validation)
        peer = stock(seed, sets, **size.stock)
        theirs.append(peer.calls_to(peer.reward))
        mine.append(ours(seed, sets, size.policy).calls_to(peer.reward))
        evolved.append(gepa(seed, sets, size.gepa).calls_to(peer.reward))
        told = f"seed {seed}: {peer.reward:.3f}, calls of stock APO {theirs[-1]}, ours {mine[-1]}, GEPA {evolved[-1]}"
        print(told, file=sys.stderr, flush=True)
    worst = max(ours_ / peers for ours_, peers in zip(mine, theirs, strict=True))
    spread = f"{min(mine):.0f} to {max(mine):.0f} over {len(mine)} seeds, in the worst seed {worst:.0%}"
    return [
        _of_peer(f"LLM calls to the held-out reward that stock APO ends with ({spread})", mine, theirs, 0.2),
        _of_peer("the same against GEPA, through the same server and agent", mine, evolved, 1.0),
    ]


def _of_peer(name: str, mine: list[float], theirs: list[float], goal: float) -> dict[str, Any]:
    ours_median, peer_median = median(mine), median(theirs)
    if peer_median == float("inf"):  # it never gets there
        met = ours_median < float("inf")
        return {"claim": name, "ours": ours_median, "peer": None, "ratio": None, "goal": "reached; the peer is not", "met": met}
    if ours_median == float("inf"):
        return {"claim": name, "ours": None, "peer": peer_median, "ratio": None, "goal": f"<= {goal:.0%} of it", "met": False}
    ratio = ours_median / peer_median
    return claim(name, ours=ours_median, peer=peer_median, ratio=ratio, goal=f"<= {goal:.0%} of it", met=ratio <= goal)


PARTS = {"overhead": _overhead, "bound": _near_the_bound, "stock": _faster_than_stock, "calls": _calls}
"""By the name that `--only` takes."""
