"""Figures of a piece of work: CPU seconds and peak memory, each measured in a process of its own."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any


@dataclass(frozen=True)
class Measured:
    """What a piece of work returned, and what it cost."""

    value: Any
    cpu_s: float
    peak_mb: float


def measured(work: Callable[..., Any], *given: Any) -> Measured:
    """Run a module's function in a fresh process. It returns its result and the CPU seconds of what counts, see `counted`."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, work, given).result()


def counted(work: Callable[[], Any]) -> tuple[Any, float]:
    """A result and its CPU seconds, user and system, of all threads and ended children."""
    before = os.times()
    value = work()
    after = os.times()
    return value, sum(after[:4]) - sum(before[:4])


def claim(
    name: str, *, ours: float, goal: str, met: bool, peer: float | None = None, ratio: float | None = None
) -> dict[str, Any]:
    """One line of the results."""
    rounded = {"ours": ours, "peer": peer, "ratio": ratio}
    return {
        "claim": name,
        **{key: None if value is None else round(value, 4) for key, value in rounded.items()},
        "goal": goal,
        "met": met,
    }


def not_run(name: str, goal: str, reason: str) -> dict[str, Any]:
    """A claim that could not be looked at here; it counts neither as met nor as missed."""
    return {"claim": name, "ours": None, "peer": None, "ratio": None, "goal": goal, "met": None, "not_run": reason}


def print_claims(found: list[dict[str, Any]], title: str) -> None:
    """The results as a table for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table("claim", "ours", "peer", "ratio", "goal", "met", title=title)
    for one in found:
        figures = ["" if one[key] is None else f"{one[key]:,.4g}" for key in ("ours", "peer", "ratio")]
        state = {True: "yes", False: "NO", None: f"not run: {one.get('not_run', '')}"}[one["met"]]
        table.add_row(one["claim"], *figures, one["goal"], state)
    Console(width=160).print(table)


def _run(work: Callable[..., Any], given: tuple[Any, ...]) -> Measured:
    value, cpu_s = work(*given)
    return Measured(value=value, cpu_s=cpu_s, peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
