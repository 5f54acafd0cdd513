"""The state of a test: its units in order, the bet placed on them, and the figures that a verdict carries."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nightschool.gate.units import Unit, arm_reward, is_complete, settle_unit, units_of
from nightschool.records import GatePolicy, Health, Pair, Sample, SliceFigures
from nightschool.stats import Bet, can_still_win, evidence_of, mean_interval, smallest_confirmable_gain

TIE = 1e-12
"""Gains closer to zero than this are ties: float noise of a mean, not a win."""


@dataclass(frozen=True)
class Exam:
    """One test as the pairs show it. Units beyond the horizon are not bet on."""

    pairs: tuple[Pair, ...]
    units: tuple[Unit, ...]
    policy: GatePolicy
    health: Health
    nights: int
    alpha: float

    @classmethod
    def of(
        cls, pairs: Iterable[Pair], policy: GatePolicy, health: Health, *, challenger: str, nights: int, alpha: float | None
    ) -> Exam:
        """Put the pairs into the order of the bet; `alpha` None means the policy's even share of the year."""
        rows = tuple(pairs)
        settled = policy.yearly_false_promotions / policy.tests_per_year if alpha is None else alpha
        if not 0 < settled < 1:
            raise ValueError(f"alpha must lie between 0 and 1, not {settled}")
        units = units_of(rows, policy, challenger)[: policy.horizon]
        return cls(rows, tuple(units), policy, health, nights, settled)

    @cached_property
    def counted(self) -> str:
        """What the units are, with their number: "60 sessions"."""
        kind = settle_unit((pair.user_id for pair in self.pairs), self.policy)
        return f"{self.n} {kind}" if self.n == 1 else f"{self.n} {kind}s"

    @property
    def n(self) -> int:
        """Units that were bet on."""
        return len(self.units)

    @property
    def needed(self) -> float:
        """The evidence that promotes."""
        return 1 / self.alpha

    @cached_property
    def gains(self) -> tuple[float, ...]:
        """Challenger minus incumbent of each unit, in the order of the bet."""
        return tuple(unit.gain for unit in self.units)

    @cached_property
    def gain(self) -> float | None:
        """The mean gain over the units."""
        return math.fsum(self.gains) / self.n if self.n else None

    @cached_property
    def _bet_and_path(self) -> tuple[Bet, tuple[float, ...]]:
        bet = Bet(self.alpha, self.policy.horizon)
        return bet, tuple(bet.place(gain) for gain in self.gains)

    @property
    def path(self) -> tuple[float, ...]:
        """The natural log of the wealth after each unit."""
        return self._bet_and_path[1]

    @cached_property
    def evidence(self) -> float:
        """The running maximum of the wealth."""
        return evidence_of(self.path)

    @property
    def has_evidence(self) -> bool:
        """Whether the wealth has reached 1/alpha at any unit."""
        return self._bet_and_path[0].is_won

    @property
    def is_over(self) -> bool:
        """Whether the bet is won with enough units to act on it."""
        return self.has_evidence and self.n >= self.policy.min_sessions

    @property
    def is_futile(self) -> bool:
        """Whether even an optimist could not win any more within the horizon."""
        if self.n < self.policy.futility_after:
            return False
        left = self.policy.horizon - self.n
        return not can_still_win(self._bet_and_path[0], self.gains, left=left, z=self.policy.futility_z)

    @cached_property
    def n_unscored(self) -> int:
        """Pairs in which an arm has no valid score."""
        return sum(not is_complete(pair) for pair in self.pairs)

    @cached_property
    def n_duplicates(self) -> int:
        """Rows beyond the first for the same example of the same session."""
        return len(self.pairs) - len(Counter((pair.session_id, pair.example_id) for pair in self.pairs))

    @cached_property
    def rewards(self) -> tuple[tuple[float, float], ...]:
        """(incumbent, challenger) for each pair that was bet on."""
        both = ((arm_reward(pair.incumbent), arm_reward(pair.challenger)) for unit in self.units for pair in unit.pairs)
        return tuple((left, right) for left, right in both if left is not None and right is not None)

    @cached_property
    def smallest_confirmable_gain(self) -> float | None:
        """The smallest constant gain that this many units could have confirmed."""
        return smallest_confirmable_gain(self.n, alpha=self.alpha, horizon=self.policy.horizon)

    def figures(self) -> dict[str, Any]:
        """The fields of a verdict that are numbers, by name."""
        return {
            "evidence": self.evidence,
            "needed": self.needed,
            "alpha": self.alpha,
            "gain": self.gain,
            "interval": mean_interval(self.gains),
            "n_sessions": self.n,
            "n_pairs": len(self.pairs),
            "n_unscored": self.n_unscored,
            "path": self.path,
            "slices": _slices(self.units),
            "mean_incumbent": math.fsum(unit.incumbent for unit in self.units) / self.n if self.n else None,
            "mean_challenger": math.fsum(unit.challenger for unit in self.units) / self.n if self.n else None,
            "wins": sum(gain > TIE for gain in self.gains),
            "ties": sum(abs(gain) <= TIE for gain in self.gains),
            "losses": sum(gain < -TIE for gain in self.gains),
            "faults_incumbent": _agent_faults(pair.incumbent for pair in self.pairs),
            "faults_challenger": _agent_faults(pair.challenger for pair in self.pairs),
            "smallest_confirmable_gain": self.smallest_confirmable_gain,
        }


def _agent_faults(arms: Iterable[Sequence[Sample]]) -> int:
    return sum(sample.fault == "agent" for samples in arms for sample in samples)


def _slices(units: Iterable[Unit]) -> tuple[SliceFigures, ...]:
    gains: dict[tuple[str, str], list[float]] = defaultdict(list)
    for pair in (pair for unit in units for pair in unit.pairs):
        incumbent, challenger = arm_reward(pair.incumbent), arm_reward(pair.challenger)
        if incumbent is None or challenger is None:
            continue
        for part in pair.slices.items():
            gains[part].append(challenger - incumbent)
    return tuple(
        SliceFigures(kind=kind, value=value, n=len(found), gain=math.fsum(found) / len(found))
        for (kind, value), found in sorted(gains.items())
    )
