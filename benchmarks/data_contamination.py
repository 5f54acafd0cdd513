"""How many of the questions that the exam is held on were seen in training: random rows against the frozen split.

A site grows for some nights. An evaluation item is contaminated where its question (by the generator's truth, whatever the
wording) has ever stood in the train set. Naively each row is drawn into one of the sets by itself.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.data_turns import write_turns
from benchmarks.paraphrases import Asked, asked_questions
from benchmarks.reworded import KINDS, reworded_questions
from nightschool.artifacts import FolderStore
from nightschool.dataset import Prepared, prepare
from nightschool.dataset.connection import open_memory, parquet
from nightschool.records import DataPolicy

HELD_OUT = 0.3
NIGHTS = 5


def contamination(held_out: Iterable[int], train: Iterable[int]) -> float:
    """The share of the held-out items whose question is also in the train set."""
    seen, items = set(train), list(held_out)
    return sum(question in seen for question in items) / max(len(items), 1)


def of_random_rows(asked: list[Asked], seed: int) -> float:
    """Each row by itself."""
    chance = random.Random(seed)
    drawn = [(chance.random() < HELD_OUT, one.question) for one in asked]
    return contamination((q for out, q in drawn if out), (q for out, q in drawn if not out))


def of_frozen_split(asked: list[Asked], folder: Path) -> tuple[float, dict[str, int]]:
    """Night after night on all that was asked until then; the last night's held-out against every night's train set."""
    store, made, trained = FolderStore(folder), None, set[int]()
    for night in range(1, NIGHTS + 1):
        turns = write_turns(store, asked[: len(asked) * night // NIGHTS])
        made = prepare(turns, ledger=made.ledger if made else None, policy=DataPolicy(), store=store, salt="benchmark")
        trained |= set(_questions(store, made, asked, "train"))
    assert made is not None
    return contamination(_questions(store, made, asked, "held_out"), trained), dict(made.counts)


def _questions(store: FolderStore, made: Prepared, asked: list[Asked], name: str) -> list[int]:
    with open_memory() as connection:
        query = f"SELECT run_id FROM {parquet(store.path(made.examples))} WHERE set = ?"
        return [asked[int(row[0][1:])].question for row in connection.execute(query, [name]).fetchall()]


SAID_ANEW = {
    "with other politeness, context, order and slips": frozenset[str](),
    "that and with synonyms": frozenset({"synonyms"}),
    "that and with other words for the circumstance": frozenset({"synonyms", "circumstances"}),
    "that and in other sentences": KINDS,
}
"""What the second site's people say anew, each more than the one before."""


def claims(quick: bool) -> list[dict[str, Any]]:
    """What is claimed, with the figures of this run: questions typed anew, and questions said anew (`reworded`)."""
    size = 9_000 if quick else 30_000
    said_anew = 3_000 if quick else 12_000
    typed = [_claim("typed anew", asked_questions(size, seed=1))]
    return typed + [_claim(f"said {how}", reworded_questions(said_anew, seed=1, kinds=kinds)) for how, kinds in SAID_ANEW.items()]


def _claim(how: str, asked: list[Asked]) -> dict[str, Any]:
    naive = of_random_rows(asked, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        ours, _ = of_frozen_split(asked, Path(folder))
    return {
        "claim": f"contaminated held-out items of {len(asked)} turns, questions {how}, {NIGHTS} nights",
        "ours": round(ours, 4),
        "peer": round(naive, 4),
        "ratio": round(ours / naive, 4),
        "goal": "at most 0.03",
        "met": ours <= 0.03,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    print(json.dumps({"claims": claims(parser.parse_args().quick)}))
