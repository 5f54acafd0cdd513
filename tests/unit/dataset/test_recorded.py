"""Recorded answers for the judge to be tried on: the newest, rated ones first, scrubbed."""

import duckdb

from nightschool.dataset import recorded_answers
from nightschool.dataset.scrubbing import Scrubber
from nightschool.records.data_policies import ScrubPolicy

ROWS = [
    ("r1", "old?", "old", 5, None, 0, "2026-11-01"),
    ("r2", "new?", "my key is sk-proj-abcdefghijklmnopqrstuvwxyz123456", 1, None, 0, "2026-11-03"),
    ("r3", "middle?", "middle", 3, None, 0, "2026-11-02"),
    ("r4", "unrated?", "fine", None, None, 0, "2026-11-03"),
    ("r5", "later in its session?", "it depends", 4, None, 2, "2026-11-04"),
    ("r6", "bad row?", "x", 5, "no status", 0, "2026-11-04"),
    ("r7", "no answer?", "", 5, None, 0, "2026-11-04"),
]


def test_the_newest_first_questions_rated_ones_first(tmp_path):
    with duckdb.connect() as connection:
        columns = 'run_id TEXT, question TEXT, answer TEXT, rating INT, quarantine_reason TEXT, "index" INT, created_at TIMESTAMP'
        connection.execute(f"CREATE TABLE t ({columns})")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
        connection.execute(f"COPY t TO '{tmp_path / 'turns.parquet'}' (FORMAT parquet)")
    found = recorded_answers(tmp_path / "turns.parquet", Scrubber("salt", ScrubPolicy()), rated=2, unrated=5)
    assert [(one.question, one.rating) for one in found] == [("new?", 1), ("middle?", 3), ("unrated?", None)]
    assert "sk-proj" not in found[0].answer
