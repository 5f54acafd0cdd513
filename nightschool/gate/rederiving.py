"""Stored verdicts derived again from the reward rows that they rest on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nightschool.gate.decision import decide
from nightschool.records import Verdict
from nightschool.registry import Registry, StoredVerdict

COMPARED = (
    "decision", "evidence", "needed", "gain", "interval", "n_sessions", "n_pairs", "n_unscored", "path", "mean_incumbent",
    "mean_challenger", "wins", "ties", "losses", "unit",
)  # fmt: skip


@dataclass(frozen=True)
class Rederived:
    """What became of a verdict when it was derived again; `holds` is None where its grounds were not stored."""

    stored: StoredVerdict
    differs: tuple[str, ...]
    holds: bool | None

    @property
    def line(self) -> str:
        """The finding in one line."""
        mark = {True: "✓", False: "✗", None: "–"}[self.holds]
        said = {True: "as its reward rows say", None: "older than stored grounds; not derived again"}.get(
            self.holds, f"another one by its reward rows: {'; '.join(self.differs)}"
        )
        return f"{mark} {self.stored.night.run_date} {self.stored.verdict_id} {self.stored.verdict.decision}: {said}"


def rederive(registry: Registry, stored: StoredVerdict) -> Rederived:
    """Decide once more, by the stored pairs, policy, health and order and on what the test had spent, and compare."""
    grounds = registry.grounds(stored.verdict_id)
    if grounds is None:
        return Rederived(stored, (), None)
    pairs = registry.pairs_behind(stored.verdict_id)
    if not grounds.test_id and not pairs:  # no challenger, or no test was opened for it: nothing was examined
        return Rederived(stored, (), True)
    tests = registry.tests.of_target(stored.night.track, stored.night.target)
    spent = next((test.terms.alpha for test in tests if test.test_id == grounds.test_id), stored.verdict.alpha)
    found = decide(
        pairs,
        grounds.policy,
        grounds.health,
        challenger=grounds.challenger,
        nights=grounds.nights,
        alpha=spent,
    )
    differs = tuple(_differences(stored.verdict, found))
    return Rederived(stored, differs, not differs)


def _differences(told: Verdict, found: Verdict) -> Iterator[str]:
    for name in COMPARED:
        before, now = getattr(told, name), getattr(found, name)
        if not _same(before, now):
            yield name if isinstance(before, Sequence) and not isinstance(before, str) else f"{name} {before} and not {now}"


def _same(before: Any, now: Any) -> bool:
    if isinstance(before, float) and isinstance(now, float):
        return math.isclose(before, now, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(before, tuple) and isinstance(now, tuple):
        return len(before) == len(now) and all(map(_same, before, now))
    return bool(before == now)
