"""From pairs to units: what the gate counts as one observation, and the order in which it bets on them."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from nightschool.records import GatePolicy, Pair, Sample

KNOWN_USERS_FOR_USER_UNIT = 100
"""With fewer users the sessions are the units, and the verdict speaks for the present users only."""

UnitKind = Literal["session", "user"]


@dataclass(frozen=True)
class Unit:
    """One observation: a session or a user, with the mean reward of each arm over its examples, in [0, 1]."""

    name: str
    night: str
    incumbent: float
    challenger: float
    pairs: tuple[Pair, ...]

    @property
    def gain(self) -> float:
        """Challenger minus incumbent, in [-1, 1]."""
        return self.challenger - self.incumbent


def arm_reward(samples: Sequence[Sample]) -> float | None:
    """The mean reward of one arm's samples; None where none of them has a valid score.

    An agent fault counts 0, whatever was scored; an infrastructure fault is unscored.

    Raises:
        ValueError: for a reward that is NaN or outside [0, 1].
    """
    rewards = [reward for sample in samples if (reward := _reward_of(sample)) is not None]
    return math.fsum(rewards) / len(rewards) if rewards else None


def sample_gains(pair: Pair) -> list[float]:
    """Challenger minus incumbent of each repeat that has a valid score in both arms.

    Raises:
        ValueError: for a reward that is NaN or outside [0, 1].
    """
    both = zip(map(_reward_of, pair.incumbent), map(_reward_of, pair.challenger), strict=False)
    return [new - old for old, new in both if old is not None and new is not None]


def is_complete(pair: Pair) -> bool:
    """Whether both arms have a valid score."""
    return arm_reward(pair.incumbent) is not None and arm_reward(pair.challenger) is not None


def settle_unit(users: Iterable[str], policy: GatePolicy) -> UnitKind:
    """Whether sessions or users are counted: as the policy says; `auto` means users where at least 100 are known.

    Callers settle `auto` once, when a test opens, over the users of the window.
    """
    if policy.unit != "auto":
        return policy.unit
    known = {user for user in users if user}
    return "user" if len(known) >= KNOWN_USERS_FOR_USER_UNIT else "session"


def unit_name(pair: Pair, kind: UnitKind) -> str:
    """The unit that a pair belongs to; a session without a known user is a unit of its own."""
    return (pair.user_id or pair.session_id) if kind == "user" else pair.session_id


def units_in_order(units: Iterable[str], challenger: str) -> list[str]:
    """Session (or user) names in the order in which the gate bets on them within a night; each name once.

    Nobody chooses this order, and it is another one for each challenger.
    """
    return sorted(set(units), key=lambda unit: _place(unit, challenger))


def units_of(pairs: Iterable[Pair], policy: GatePolicy, challenger: str) -> list[Unit]:
    """The units of all complete pairs, in the order of the bet: night by night, within a night by hash.

    A unit is bet on once, with the pairs of the first night that completed one; what later nights bought of it is left out.
    """
    rows = list(pairs)
    kind = settle_unit((pair.user_id for pair in rows), policy)
    grouped: dict[str, list[Pair]] = defaultdict(list)
    for pair in rows:
        if is_complete(pair):
            grouped[unit_name(pair, kind)].append(pair)
    units = [_unit(name, members) for name, members in grouped.items()]
    return sorted(units, key=lambda unit: (unit.night, _place(unit.name, challenger)))


def _unit(name: str, pairs: list[Pair]) -> Unit:
    night = min(pair.night for pair in pairs)
    members = sorted((pair for pair in pairs if pair.night == night), key=lambda pair: (pair.session_id, pair.example_id))
    return Unit(
        name=name,
        night=night,
        incumbent=_mean(arm_reward(pair.incumbent) for pair in members),
        challenger=_mean(arm_reward(pair.challenger) for pair in members),
        pairs=tuple(members),
    )


def _mean(rewards: Iterable[float | None]) -> float:
    present = [reward for reward in rewards if reward is not None]
    return math.fsum(present) / len(present)


def _place(unit: str, challenger: str) -> tuple[str, str]:
    return hashlib.sha256(f"{challenger}\n{unit}".encode("utf-8", "surrogatepass")).hexdigest(), unit


def _reward_of(sample: Sample) -> float | None:
    if sample.reward is not None and not 0 <= sample.reward <= 1:  # NaN compares false and is refused too
        raise ValueError(f"a reward must be a number in [0, 1], not {sample.reward}")
    if sample.fault == "agent":
        return 0.0
    return None if sample.fault == "infrastructure" else sample.reward
