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
