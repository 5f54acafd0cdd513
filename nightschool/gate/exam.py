"""The state of a test: its units in order, the bet placed on them, and the figures that a verdict carries."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nightschool.gate.comparison import QUESTION, known, length_adjusted_gain, means_of, questions_of, scored, slices_of
from nightschool.gate.units import Unit, UnitKind, arm_reward, is_complete, settle_unit, units_of
from nightschool.records import ArmRatio, GatePolicy, Health, Pair, Sample, SliceFigures
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
        return f"{self.n} {self.unit}" if self.n == 1 else f"{self.n} {self.unit}s"

    @cached_property
    def unit(self) -> UnitKind:
        """What is counted as one observation."""
        return settle_unit((pair.user_id for pair in self.pairs), self.policy)

    @cached_property
    def n_users(self) -> int:
        """How many users are known by name."""
        return len({pair.user_id for pair in self.pairs if pair.user_id})

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
        """Whether the bet is won, with enough units to act on it, and whatever the unscored pairs would have shown."""
        return self.has_evidence and self.n >= self.policy.min_sessions and not self.is_won_but_for_the_unscored

    @property
    def is_won_but_for_the_unscored(self) -> bool:
        """Whether the bet is won, and the gain would be gone if every unscored pair had gone against the challenger."""
        return self.has_evidence and self.worst_case_gain is not None and self.worst_case_gain <= 0

    @cached_property
    def worst_case_gain(self) -> float | None:
        """The mean gain with -1 for each unscored pair."""
        total = self.n + self.n_unscored
        return (math.fsum(self.gains) - self.n_unscored) / total if self.n else None

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
        """The smallest mean gain that these units could have confirmed, scattering as they do."""
        scatter = [gain - (self.gain or 0.0) for gain in self.gains]
        return smallest_confirmable_gain(self.n, alpha=self.alpha, horizon=self.policy.horizon, scatter=scatter)

    @cached_property
    def slices(self) -> tuple[SliceFigures, ...]:
        """Each slice's part in the gain; a frequent question's is what it lost or gained when it was asked again."""
        least = self.policy.guards.slice_min_units
        again = questions_of(self.health.asked_again, least_samples=least)
        apart = {(part.kind, part.value) for part in again}
        examined = slices_of(self.units, least_units=least)
        return (*(part for part in examined if (part.kind, part.value) not in apart), *again)

    @cached_property
    def accuracy(self) -> ArmRatio | None:
        """Mean accuracy of both arms."""
        return means_of(self._examined, scored("accuracy"))

    @cached_property
    def judge(self) -> ArmRatio | None:
        """Mean of the judge's part of both arms."""
        return means_of(self._examined, scored("judge"))

    @cached_property
    def cost_usd(self) -> ArmRatio | None:
        """USD an answer."""
        return means_of(self._examined, known("cost_usd"))

    @cached_property
    def latency_s(self) -> ArmRatio | None:
        """Seconds an answer."""
        return means_of(self._examined, known("latency_s"))

    @cached_property
    def answer_tokens(self) -> ArmRatio | None:
        """Tokens an answer."""
        return means_of(self._examined, known("tokens"))

    @cached_property
    def length_adjusted_gain(self) -> float | None:
        """The mean gain at equal length of the answers."""
        return length_adjusted_gain(self.units)

    @property
    def anchors_good(self) -> float | None:
        """Mean grade of answers known to be good."""
        return _mean(self.health.anchors_good)

    @property
    def anchors_bad(self) -> float | None:
        """Mean grade of answers known to be bad."""
        return _mean(self.health.anchors_bad)

    @property
    def not_compared(self) -> tuple[str, ...]:
        """What guards have nothing to compare by."""
        known_here = {
            "slices": any(part.p_value is not None for part in self.slices),
            "accuracy": self.accuracy is not None and self.judge is not None,
            "cost": self.cost_usd is not None,
            "latency": self.latency_s is not None,
            "length": self.answer_tokens is not None,
            "prompt tokens": self.health.prompt_tokens_challenger > 0,
            "anchors": self.anchors_good is not None and self.anchors_bad is not None,
            "frequent questions": {pair.example_id for pair in self.health.asked_again} <= self._judged_questions,
        }
        return tuple(name for name, there in known_here.items() if not there)

    @property
    def _judged_questions(self) -> set[str]:
        return {part.value for part in self.slices if part.kind == QUESTION and part.p_value is not None}

    @cached_property
    def _examined(self) -> tuple[Pair, ...]:
        """The complete pairs that were bet on."""
        return tuple(pair for unit in self.units for pair in unit.pairs)

    def figures(self) -> dict[str, Any]:
        """The fields of a verdict that are numbers, by name."""
        names = (
            "alpha", "evidence", "needed", "gain", "n_unscored", "path", "slices", "worst_case_gain", "accuracy", "judge",
            "cost_usd", "latency_s", "answer_tokens", "length_adjusted_gain", "anchors_good", "anchors_bad", "not_compared",
            "smallest_confirmable_gain",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {
            "unit": self.unit,
            "nights": self.nights,
            "interval": mean_interval(self.gains),
            "n_sessions": self.n,
            "n_pairs": len(self.pairs),
            "complete_share": 1 - self.n_unscored / len(self.pairs) if self.pairs else None,
            "mean_incumbent": _mean([unit.incumbent for unit in self.units]),
            "mean_challenger": _mean([unit.challenger for unit in self.units]),
            "wins": sum(gain > TIE for gain in self.gains),
            "ties": sum(abs(gain) <= TIE for gain in self.gains),
            "losses": sum(gain < -TIE for gain in self.gains),
            "faults_incumbent": _agent_faults(pair.incumbent for pair in self.pairs),
            "faults_challenger": _agent_faults(pair.challenger for pair in self.pairs),
            "anchors_good_reference": self.health.anchors_good_reference,
            "anchors_bad_reference": self.health.anchors_bad_reference,
        }


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _agent_faults(arms: Iterable[Sequence[Sample]]) -> int:
    return sum(sample.fault == "agent" for samples in arms for sample in samples)
