"""What a night's calls have used so far, and the limit that they stop at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from nightschool.errors import BudgetExhausted
from nightschool.records import BudgetPolicy, ModelPolicy


def price_usd(policy: ModelPolicy, input_tokens: int, output_tokens: int) -> float:
    """What so many tokens cost, in USD, at the policy's prices."""
    return (input_tokens * policy.input_usd_per_mtok + output_tokens * policy.output_usd_per_mtok) / 1e6


@dataclass
class Meter:
    """Counts calls by role, tokens and USD; asked before each call, told after it."""

    budget: BudgetPolicy = field(default_factory=BudgetPolicy)
    calls: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def require_room(self) -> None:
        """Refuse the next call where the purse is empty.

        Raises:
            BudgetExhausted: naming the limit that was reached.
        """
        limit = self._reached()
        if limit:
            raise BudgetExhausted(
                f"the night's budget is used up: {limit}", next_step="Raise budget.max_cost_usd or budget.max_calls."
            )

    def count(self, role: str, input_tokens: int, output_tokens: int, cost_usd: float, calls: int = 1) -> None:
        """Add finished calls."""
        self.calls[role] += calls
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.cost_usd += cost_usd

    @property
    def total_calls(self) -> int:
        """All calls, of every role."""
        return self.calls.total()

    def _reached(self) -> str:
        if self.budget.max_calls and self.total_calls >= self.budget.max_calls:
            return f"{self.total_calls} of {self.budget.max_calls} calls"
        if self.budget.max_cost_usd and self.cost_usd >= self.budget.max_cost_usd:
            return f"${self.cost_usd:.2f} of ${self.budget.max_cost_usd:.2f}"
        return ""
