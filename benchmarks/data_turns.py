"""Turns of a made-up site, as much of `turns.parquet` as preparation reads, with the truth about which ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.paraphrases import Asked
from nightschool.artifacts import ArtifactRef, ArtifactStore
from nightschool.dataset.connection import open_memory, write_parquet

START = datetime(2026, 10, 1, tzinfo=UTC)
TURNS_A_SESSION = 3


def write_turns(store: ArtifactStore, asked: Sequence[Asked], *, prefix: str = "r", per_day: int = 1000) -> ArtifactRef:
    """One turn for each text, in sessions of three, so many a day; the run's id is the prefix and the text's number."""
    return store.write("turns", ".parquet", partial(_write, asked, prefix, per_day))


def _write(asked: Sequence[Asked], prefix: str, per_day: int, path: Path) -> int:
    import pandas as pd

    moments = [START + timedelta(days=n // per_day, seconds=n % per_day) for n in range(len(asked))]
    frame = pd.DataFrame(
        {
            "run_id": [f"{prefix}{n}" for n in range(len(asked))],
            "session_id": [f"{prefix}s{n // TURNS_A_SESSION}" for n in range(len(asked))],
            "index": [n % TURNS_A_SESSION for n in range(len(asked))],
            "created_at": pd.to_datetime(pd.Series(moments)).dt.tz_localize(None),
            "question": [one.text for one in asked],
            "answer": "It is on its way.",
            "status": "COMPLETED",
            "history": "[]",
            "tool_calls": "[]",
            "user_id": "",
        }
    )
    texts = ", ".join(f"NULL::VARCHAR AS {name}" for name in ("correction", "quarantine_reason", "system_message"))
    with open_memory() as connection:
        connection.register("frame", frame)
        return write_parquet(
            connection, f"SELECT *, NULL::TINYINT AS rating, {texts} FROM frame ORDER BY created_at, run_id", path
        )
