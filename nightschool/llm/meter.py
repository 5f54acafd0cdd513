"""What a night's calls have used so far, and the limits that they stop at: reserved before a call, settled after it."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from nightschool.errors import BudgetExhausted
from nightschool.llm.spent import Spent
from nightschool.records import BudgetPolicy, ModelPolicy

Phase = Literal["search", "gate"]


def price_usd(policy: ModelPolicy, input_tokens: int, output_tokens: int) -> float:
    """What so many tokens cost, in USD, at the policy's prices."""
    return (input_tokens * policy.input_usd_per_mtok + output_tokens * policy.output_usd_per_mtok) / 1e6


@dataclass(frozen=True)
class Purse:
    """What several nights pay from together."""

    limit_usd: float
    used_usd: float = 0.0
    """By all of them, earlier runs of this night included."""
    setting: str = "budget.max_cost_usd_per_month"
    name: str = "the month"


@dataclass
class Place:
    """What one piece of work may use, until it is known what it did use."""

    calls: int
    tokens: int
    cost_usd: float


@dataclass
class Meter:
    """Counts calls, tokens and USD by role. Belongs to one event loop.

    A part of every limit is set aside for the gate: the search is stopped at what is left, and the gate may use all.

    Args:
        budget: the limits.
        taken: what earlier stages and runs of the night used.
        purse: what it pays from with other nights; None: the month's, from which nothing was taken yet.
        phase: whose part of the budget it is.
        deadline: when the night must end, on the clock; None: never.
        clock: seconds that only grow.
    """

    budget: BudgetPolicy = field(default_factory=BudgetPolicy)
    taken: Spent = field(default_factory=Spent)
    purse: Purse | None = None
    phase: Phase = "gate"
    deadline: float | None = None
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.calls = Counter(self.taken.calls)
        self.tokens = self.taken.tokens
        self.cost_usd = self.taken.cost_usd
        self._largest: dict[str, Place] = {}
        self._reserved = Place(0, 0, 0.0)

    @contextlib.contextmanager
    def room(self, role: str, *, calls: int = 1, tokens: int = 0, cost_usd: float = 0.0) -> Iterator[None]:
        """Hold a place in the budget for one piece of work while it is done.

        It is as large as the caller says, or as the largest that this role has needed so far.

        Args:
            role: who works.
            calls: at most so many.
            tokens: at most so many, in and out, by an estimate.
            cost_usd: at most so much.

        Raises:
            BudgetExhausted: naming the limit that would be passed.
        """
        largest = self._largest.get(role, Place(1, 0, 0.0))
        place = Place(max(calls, largest.calls), max(tokens, largest.tokens), max(cost_usd, largest.cost_usd))
        self._require(place)
        self._reserve(place, 1)
        try:
            yield
        finally:
            self._reserve(place, -1)

    def count(self, role: str, cost_usd: float, *, calls: int = 1, tokens: int = 0) -> None:
        """Add finished work of a role."""
        self.calls[role] += calls
        self.tokens += tokens
        self.cost_usd += cost_usd
        seen = self._largest.get(role, Place(1, 0, 0.0))
        self._largest[role] = Place(max(seen.calls, calls), max(seen.tokens, tokens), max(seen.cost_usd, cost_usd))

    def add(self, spent: Spent) -> None:
        """Add what was spent in another process."""
        self.calls.update(spent.calls)
        self.tokens += spent.tokens
        self.cost_usd += spent.cost_usd

    @property
    def spent(self) -> Spent:
        """All that was counted, with what was taken before."""
        return Spent(calls=dict(self.calls), tokens=self.tokens, cost_usd=self.cost_usd)

    @property
    def total_calls(self) -> int:
        """All calls, of every role."""
        return self.calls.total()

    def _reserve(self, place: Place, sign: int) -> None:
        self._reserved.calls += sign * place.calls
        self._reserved.tokens += sign * place.tokens
        self._reserved.cost_usd += sign * place.cost_usd

    def _require(self, place: Place) -> None:
        passed = next(self._passed(place), None)
        if passed is None:
            return
        setting, found = passed
        aside = f" ({self.budget.gate_share:.0%} of it is set aside for the gate)" if self.phase == "search" else ""
        raise BudgetExhausted(
            f"the {'search' if aside else 'night'}'s budget is used up: {found}{aside}",
            next_step=f"Raise {setting}, or let the next night go on.",
        )

    def _passed(self, place: Place) -> Iterator[tuple[str, str]]:
        """The limits that one more piece of work would pass, each with its setting and what was found."""
        policy, under_way = self.budget, self._reserved
        share = 1 - policy.gate_share if self.phase == "search" else 1.0
        calls, tokens = self.total_calls + under_way.calls, self.tokens + under_way.tokens
        cost = self.cost_usd + under_way.cost_usd
        purse = self.purse or Purse(policy.max_cost_usd_per_month)
        together = purse.used_usd + cost - self.taken.cost_usd
        if policy.max_calls and calls + place.calls > share * policy.max_calls:
            yield "budget.max_calls", f"{calls} of {policy.max_calls} calls"
        if policy.max_tokens and tokens + max(place.tokens, 1) > share * policy.max_tokens:
            yield "budget.max_tokens", f"{tokens:,} of {policy.max_tokens:,} tokens"
        if policy.max_cost_usd and _is_passed(cost, place.cost_usd, share * policy.max_cost_usd):
            yield "budget.max_cost_usd", f"{_usd(cost)} of {_usd(policy.max_cost_usd)}"
        if purse.limit_usd and _is_passed(together, place.cost_usd, purse.limit_usd):
            yield purse.setting, f"{_usd(together)} of {purse.name}'s {_usd(purse.limit_usd)}"
        if self.deadline is not None and policy.max_wall_s and self.clock() > self.deadline - (1 - share) * policy.max_wall_s:
            yield "budget.max_wall_s", f"{policy.max_wall_s:g} s of wall-clock time"


def _is_passed(used: float, more: float, limit: float) -> bool:
    """A free call passes no limit that was not reached before it."""
    return used + more > limit or used >= limit


def _usd(amount: float) -> str:
    """Cents are enough, but for less than that."""
    return f"${amount:.2f}" if amount >= 0.01 or not amount else f"${amount:.2g}"
