"""For tests of sources: what extraction makes of a source, as records, in the order of the window."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from nightschool.dataset.connection import open_memory, parquet
from nightschool.dataset.extraction import fill
from nightschool.dataset.judging import judge_turns
from nightschool.dataset.turns_table import write_turns
from nightschool.records import Turn, Window
from nightschool.sources import BadRow, open_source
from nightschool.sources.tables import create_tables

ALWAYS = Window(start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
SALT = "0123456789abcdef" * 4


def read(path, window: Window = ALWAYS, **options) -> list[Turn | BadRow]:
    """What the database at a path says of a window; options are those of `open_source`."""
    return read_source(open_source(str(path), **options), window)


def read_source(source, window: Window = ALWAYS, *, history_runs: int = 10) -> list[Turn | BadRow]:
    """Turns by the time of their run; where there are several at once, by their session and place in it."""
    with open_memory() as connection:
        create_tables(connection)
        fill(connection, source, window)
        return read_tables(connection, history_runs=history_runs)


def read_tables(connection, *, history_runs: int = 10) -> list[Turn | BadRow]:
    """The tables of `nightschool.sources.tables` as records; users are as they were found."""
    users = dict(connection.execute("SELECT run_id, user_id FROM turns").fetchall())
    judge_turns(connection, {}, SALT)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turns.parquet"
        write_turns(connection, path, history_runs=history_runs)
        cursor = connection.execute(f"SELECT * FROM {parquet(path)}")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    raw = dict(connection.execute("SELECT run_id, raw FROM quarantine").fetchall())
    rows.sort(key=_place)
    return [_record(row, users, raw) for row in rows]


def _place(row):
    return row["created_at"] or ALWAYS.end.replace(tzinfo=None), row["session_id"], row["index"], row["run_id"]


def _record(row, users, raw) -> Turn | BadRow:
    run_id = row["run_id"]
    reason = row.pop("quarantine_reason")
    if reason is not None:
        return BadRow(run_id=run_id, session_id=row["session_id"], reason=reason, raw=raw[run_id])
    del row["cut_texts"]
    nested = {name: json.loads(row[name]) for name in ("history", "tool_calls", "session_state")}
    times = {name: row[name] and row[name].replace(tzinfo=UTC) for name in ("created_at", "rated_at")}
    return Turn(**row | nested | times | {"user_id": users[run_id]})
