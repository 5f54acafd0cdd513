"""The table of turns: `turns.parquet`, one row for every row that was read, unreadable ones included.

Times are UTC without a zone. `history`, `tool_calls` and `session_state` are JSON texts. A row that could not be read has
its ids and a `quarantine_reason`, and is empty otherwise; its raw beginning is in `quarantine.parquet`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightschool.dataset.connection import write_parquet
from nightschool.records import Turn
from nightschool.sources import BadRow

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS: Mapping[str, str] = {
    "run_id": "VARCHAR",
    "session_id": "VARCHAR",
    "index": "BIGINT",
    "created_at": "TIMESTAMP",
    "question": "VARCHAR",
    "answer": "VARCHAR",
    "user_id": "VARCHAR",
    "agent_id": "VARCHAR",
    "team_id": "VARCHAR",
    "status": "VARCHAR",
    "history": "VARCHAR",
    "tool_calls": "VARCHAR",
    "system_message": "VARCHAR",
    "session_state": "VARCHAR",
    "model": "VARCHAR",
    "input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "latency_s": "DOUBLE",
    "error": "VARCHAR",
    "rating": "TINYINT",
    "comment": "VARCHAR",
    "correction": "VARCHAR",
    "rated_at": "TIMESTAMP",
    "quarantine_reason": "VARCHAR",
}

_QUARANTINE_COLUMNS = {"run_id": "VARCHAR", "session_id": "VARCHAR", "reason": "VARCHAR", "raw": "VARCHAR"}
# pandas' own types that know a missing value: DuckDB would guess an object column's type from a sample.
_FRAME_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "Int64",
    "TINYINT": "Int64",
    "DOUBLE": "Float64",
    "TIMESTAMP": "datetime64[us]",
}


class TurnsTable:
    """Collects turns and bad rows in DuckDB, and writes both files."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        for name, columns in (("turns", COLUMNS), ("quarantine", _QUARANTINE_COLUMNS)):
            connection.execute(f"CREATE TABLE {name} ({_typed(columns)})")

    def add(self, turns: Iterable[Turn], bad: Sequence[BadRow]) -> None:
        """Add one batch."""
        rows = [_row(turn) for turn in turns]
        rows += [{"run_id": row.run_id, "session_id": row.session_id, "quarantine_reason": row.reason} for row in bad]
        self._insert("turns", COLUMNS, rows)
        self._insert("quarantine", _QUARANTINE_COLUMNS, [row.model_dump() for row in bad])

    def write_turns(self, path: Path) -> int:
        """Write `turns.parquet`; returns its rows."""
        query = 'SELECT * FROM turns ORDER BY created_at NULLS LAST, run_id, session_id, "index", question, answer'
        return write_parquet(self._connection, query, path)

    def write_quarantine(self, path: Path) -> int:
        """Write `quarantine.parquet`; returns its rows."""
        return write_parquet(self._connection, "SELECT * FROM quarantine ORDER BY run_id, session_id, reason, raw", path)

    def _insert(self, table: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
        import pandas as pd

        if not rows:
            return
        series = {name: pd.Series([row.get(name) for row in rows], dtype=_FRAME_TYPES[kind]) for name, kind in columns.items()}
        self._connection.register("batch", pd.DataFrame(series))
        self._connection.execute(f"INSERT INTO {table} SELECT {_names(columns)} FROM batch")
        self._connection.unregister("batch")


def _row(turn: Turn) -> dict[str, Any]:
    nested = {
        "history": [message.model_dump() for message in turn.history],
        "tool_calls": [call.model_dump() for call in turn.tool_calls],
        "session_state": turn.session_state,
    }
    times = {"created_at": _naive(turn.created_at), "rated_at": _naive(turn.rated_at)}
    texts = {name: json.dumps(value, ensure_ascii=False, sort_keys=True) for name, value in nested.items()}
    return dict(turn) | texts | times


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())


def _names(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
