"""For tests of data: turns made by hand and a source that gives them, on a site of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from nightschool.artifacts import FolderStore
from nightschool.dataset import Extracted, extract, load_splits, prepare
from nightschool.dataset.connection import open_memory, parquet
from nightschool.feedback import FeedbackBook
from nightschool.records import DataPolicy, Turn, Window
from nightschool.sources import BadRow, Holdings

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = Window(start=NOON - timedelta(days=10), end=NOON + timedelta(days=10))
SALT = "0123456789abcdef" * 4


def a_turn(run_id: str, question: str, **more: object) -> Turn:
    fields = {
        "run_id": run_id,
        "session_id": f"s-{run_id}",
        "index": 0,
        "created_at": NOON,
        "question": question,
        "answer": "It is on its way.",
    }
    return Turn(**(fields | more))


class ListSource:
    """A source that holds its rows in a list."""

    description = "a list"

    def __init__(self, rows: Sequence[Turn | BadRow]) -> None:
        self.rows = rows

    def turns(self, window: Window) -> Iterator[Turn | BadRow]:
        return (row for row in self.rows if isinstance(row, BadRow) or window.contains(row.created_at))

    def count(self, window: Window) -> int:
        return len(list(self.turns(window)))

    def holdings(self) -> Holdings:
        turns = [row for row in self.rows if isinstance(row, Turn)]
        moments = [turn.created_at for turn in turns]
        agents = tuple(sorted({turn.agent_id for turn in turns if turn.agent_id}))
        return Holdings(turns=len(turns), first=min(moments, default=None), last=max(moments, default=None), agent_ids=agents)


class Site:
    """A store and a feedback book in a folder, and the two stages on them."""

    def __init__(self, folder) -> None:
        self.store = FolderStore(folder / "artifacts")
        self.feedback = FeedbackBook(f"sqlite:///{folder / 'feedback.db'}")

    def extract(self, rows, *, window=WINDOW, as_of=NOON + timedelta(days=30), policy=None) -> Extracted:
        policy = policy or DataPolicy(max_quarantined_share=1)
        return extract(ListSource(rows), self.feedback, window, as_of=as_of, salt=SALT, policy=policy, store=self.store)

    def prepare(self, rows, *, ledger=None, policy=None, curated=(), examined=()):
        policy = policy or DataPolicy()
        return self.prepare_turns(self.extract(rows).turns, ledger=ledger, policy=policy, curated=curated, examined=examined)

    def prepare_turns(self, turns, *, policy=None, **options):
        return prepare(turns, policy=policy or DataPolicy(), store=self.store, salt=SALT, **options)

    def rows(self, ref):
        with open_memory() as connection:
            cursor = connection.execute(f"SELECT * FROM {parquet(self.store.path(ref))}")
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def audit(self, rows, **options):
        """What became of each turn, by its run id: (outcome, reason)."""
        prepared = self.prepare(rows, **options)
        return {row["run_id"]: (row["outcome"], row["reason"]) for row in self.rows(prepared.audit)}

    def examples(self, rows, **options):
        """All examples by id, whatever their set."""
        splits = load_splits(self.store, self.prepare(rows, **options).examples)
        return {one.example_id: one for one in splits.train + splits.validation + splits.held_out}
