"""What a simulator has been asked so far; tests assert on it that no call was made, or none twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from nightschool.simulator.faults import Fault
from nightschool.simulator.roles import ROLES, Role


class Counts:
    """Valid requests by role, faults by kind, different bodies, and how many were in flight at once."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again from nothing; requests in flight stay in flight."""
        self.total = 0
        self.refused = 0
        self._roles: Counter[Role] = Counter()
        self._faults: Counter[Fault] = Counter()
        self._bodies: set[bytes] = set()
        self._in_flight = getattr(self, "_in_flight", 0)
        self._peak = 0

    def enter(self, role: Role, body: bytes) -> int:
        """Count a request that begins; its number, from 1, decides its latency and fault."""
        self.total += 1
        self._roles[role] += 1
        self._bodies.add(hashlib.blake2b(body, digest_size=12).digest())
        self._in_flight += 1
        self._peak = max(self._peak, self._in_flight)
        return self.total

    def leave(self) -> None:
        """Count a request that has ended."""
        self._in_flight -= 1

    def refuse(self) -> None:
        """Count a request that was not valid."""
        self.refused += 1

    def meet(self, fault: Fault) -> None:
        """Count a fault."""
        self._faults[fault] += 1

    def summary(self) -> dict[str, Any]:
        """All of it as JSON: `total`, one number a role, `distinct`, `refused`, `peak_in_flight`, `faults`."""
        return {
            "total": self.total,
            **{role: self._roles[role] for role in ROLES},
            "distinct": len(self._bodies),
            "refused": self.refused,
            "peak_in_flight": self._peak,
            "faults": dict(self._faults),
        }
