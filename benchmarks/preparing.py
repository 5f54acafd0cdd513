"""The whole of prepare: what a first night of many turns costs, and a further night beside a large ledger."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data_turns import write_turns
from benchmarks.measuring import claim, counted, measured
from benchmarks.paraphrases import asked_questions
from nightschool.artifacts import ArtifactRef, FolderStore
from nightschool.dataset import Prepared, prepare
from nightschool.records import DataPolicy

CPU_S_A_MILLION = 80.0
FIXED_CPU_S = 3.0
"""What planning the queries takes, however few rows there are; allowed on top where there are fewer than a million."""
PEAK_MB = 3_000.0
FURTHER_NIGHT_CPU_S = 3.0
SALT = "benchmark"


def claims(quick: bool) -> list[dict[str, Any]]:
    """A first night of 10⁶ turns, and one of 10⁴ beside a ledger of 2·10⁵ examples (quick: 2·10⁴; 10³ beside 2·10³)."""
    turns, known, new = (20_000, 6_000, 1_000) if quick else (1_000_000, 650_000, 10_000)
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: making turns takes more memory than preparing them.
        read = measured(written, folder, turns).value
        first = measured(first_night, folder, read)
    further = measured(further_night, known, new)
    goal = CPU_S_A_MILLION * turns / 1_000_000 + (FIXED_CPU_S if quick else 0.0)
    return [
        claim(f"prepare {turns:,} turns: CPU-s", ours=first.cpu_s, goal=f"≤ {goal:g} CPU-s", met=first.cpu_s <= goal),
        claim(f"prepare {turns:,} turns: MB", ours=first.peak_mb, goal=f"≤ {PEAK_MB:g} MB", met=first.peak_mb <= PEAK_MB),
        claim(
            f"a night of {new:,} turns beside a ledger of {further.value:,}: CPU-s",
            ours=further.cpu_s,
            goal=f"≤ {FURTHER_NIGHT_CPU_S:g} CPU-s",
            met=further.cpu_s <= FURTHER_NIGHT_CPU_S,
        ),
    ]


def written(folder: str, turns: int) -> tuple[ArtifactRef, float]:
    """So many turns, in a folder."""
    return write_turns(FolderStore(Path(folder)), asked_questions(turns, seed=1)), 0.0


def first_night(folder: str, read: ArtifactRef) -> tuple[int, float]:
    """Examples of a first night, and its CPU seconds."""
    import pandas as pd  # noqa: F401 - imports are not what is measured

    store = FolderStore(Path(folder))
    made, cpu_s = counted(lambda: _prepared(store, read, None))
    return made.examples.rows, cpu_s


def further_night(known: int, new: int) -> tuple[int, float]:
    """Rows of the ledger that the further night began with, and its CPU seconds.

    The ledger is made of what was asked until then, each question once: so many turns give a third as many examples.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = FolderStore(Path(folder))
        asked = asked_questions(known + new, seed=1)
        first = {one.question: one for one in reversed(asked[:known])}
        before = _prepared(store, write_turns(store, list(first.values())), None)
        read = write_turns(store, asked[known:], prefix="n")
        _, cpu_s = counted(lambda: _prepared(store, read, before))
        return before.ledger.rows, cpu_s


def _prepared(store: FolderStore, read: Any, before: Prepared | None) -> Prepared:
    return prepare(read, ledger=before.ledger if before else None, policy=DataPolicy(), store=store, salt=SALT)
