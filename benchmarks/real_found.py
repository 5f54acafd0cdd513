"""What searches on the real small model came to, by arm and seed: examined once, kept in a file."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.real_desk import Bench, Sets, bench_at, sets_of

SEEDS = (11, 22, 33, 44, 55)
"""Fixed before anything was tuned."""
Arm = Callable[[Bench, Sets, int], Awaitable[str]]
"""Finds a prompt: from a bench, the examples and the seed."""


class Found(NamedTuple):
    """What one arm came to with one seed."""

    arm: str
    seed: int
    prompt: str
    calls: int
    strict: float
    lenient: float


class Kept:
    """What was found so far, in a file if there is one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        rows = [Found(**json.loads(line)) for line in lines]
        self.found = {(row.arm, row.seed): row for row in rows}

    def examine(self, base_url: str, name: str, seed: int, arm: Arm) -> None:
        """Let one arm search with one seed, and examine its prompt; not where that is known."""
        if (name, seed) not in self.found:
            self._add(asyncio.run(_examined(base_url, name, seed, arm)))

    def _add(self, row: Found) -> None:
        self.found[row.arm, row.seed] = row
        print(f"{row.arm}, seed {row.seed}: strict {row.strict:.3f}, lenient {row.lenient:.3f}, {row.calls} calls", flush=True)
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row._asdict(), ensure_ascii=False) + "\n")


def options(program: str) -> argparse.Namespace:
    """`keep`, a file or None, and `seeds`, as typed."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{program}")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="every finished search is a line of it, and is not run again")
    parser.add_argument("--seeds", type=_seeds, default=SEEDS, help="some of them: 11,22")
    return parser.parse_args()


def print_table(rows: Sequence[Found], title: str) -> None:
    """A line for each arm, over its seeds."""
    from rich.console import Console
    from rich.table import Table

    table = Table("arm", "seeds", "strict: median", "worst", "best", "lenient: median", "LLM calls: median", title=title)
    for arm in dict.fromkeys(row.arm for row in rows):
        own = [row for row in rows if row.arm == arm]
        strict = [row.strict for row in own]
        figures = (statistics.median(strict), min(strict), max(strict), statistics.median(row.lenient for row in own))
        calls = statistics.median(row.calls for row in own)
        table.add_row(arm, str(len(own)), *(f"{figure:.3f}" for figure in figures), f"{calls:,.0f}")
    Console(width=150).print(table)


def _seeds(typed: str) -> tuple[int, ...]:
    return tuple(map(int, typed.split(",")))


async def _examined(base_url: str, name: str, seed: int, arm: Arm) -> Found:
    sets = sets_of(seed)
    async with bench_at(base_url, seed) as bench:
        prompt = await arm(bench, sets, seed)
        calls = bench.meter.total_calls
        grades = await bench.held_out(prompt, sets.held_out)
    return Found(name, seed, prompt, calls, *grades)
