"""What finished work took."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from nightschool.records import Record


class Spent(Record):
    """LLM calls by role, their tokens and their price in USD; calls that failed are not in it."""

    calls: Mapping[str, int] = Field(default_factory=dict)
    tokens: int = 0
    cost_usd: float = 0.0

    @property
    def total_calls(self) -> int:
        """Calls of all roles."""
        return sum(self.calls.values())

    def since(self, before: Spent) -> Spent:
        """What was added to an earlier state of the same counts."""
        calls = {role: number - before.calls.get(role, 0) for role, number in self.calls.items()}
        return Spent(calls=calls, tokens=self.tokens - before.tokens, cost_usd=self.cost_usd - before.cost_usd)
