"""What a night's calls have used so far, and the limit that they stop at."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from nightschool.errors import BudgetExhausted
from nightschool.records import BudgetPolicy, ModelPolicy


def price_usd(policy: ModelPolicy, input_tokens: int, output_tokens: int) -> float:
    """What so many tokens cost, in USD, at the policy's prices."""
    return (input_tokens * policy.input_usd_per_mtok + output_tokens * policy.output_usd_per_mtok) / 1e6


@dataclass
class Meter:
    """Counts calls by role, and USD; asked before each call, told after it."""

    budget: BudgetPolicy = field(default_factory=BudgetPolicy)
    calls: Counter[str] = field(default_factory=Counter)
    cost_usd: float = 0.0
    _under_way: int = 0

    @contextlib.contextmanager
    def room(self) -> Iterator[None]:
        """Hold a place in the budget for one call while it is made; calls under way count as made.

        Raises:
            BudgetExhausted: naming the limit that was reached.
        """
        limit = self._reached()
        if limit:
            raise BudgetExhausted(
                f"the night's budget is used up: {limit}", next_step="Raise budget.max_cost_usd or budget.max_calls."
            )
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def count(self, role: str, cost_usd: float, calls: int = 1) -> None:
        """Add finished calls."""
        self.calls[role] += calls
        self.cost_usd += cost_usd

    @property
    def total_calls(self) -> int:
        """All calls, of every role."""
        return self.calls.total()

    def _reached(self) -> str:
        if self.budget.max_calls and self.total_calls + self._under_way >= self.budget.max_calls:
            return f"{self.total_calls + self._under_way} of {self.budget.max_calls} calls"
        if self.budget.max_cost_usd and self.cost_usd >= self.budget.max_cost_usd:
            return f"${self.cost_usd:.2f} of ${self.budget.max_cost_usd:.2f}"
        return ""
