"""The DuckDB tables that sources fill: turns, what is wrong with others, system messages, and what was said of sessions.

A turn's history is not stored in `turns`, where a long session would repeat itself with every turn: rows of one `thread`
know each other by `index`, and whoever writes them out adds to each what the earlier ones exchanged.

`turns` is a view: turns that come a few at a time are in the table `few_turns`, others are in Parquet files beside the
database. A million of them do not fit into the memory, and DuckDB's own way of making room takes longer than such files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nightschool.errors import DataError
from nightschool.records import Message, Turn
from nightschool.sources.base import BadRow

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TURN_COLUMNS: Mapping[str, str] = {
    "turn": "BIGINT",  # its number: what came later has a larger one
    "number": "INTEGER",  # of the row in the page that it came in
    "run_id": "VARCHAR",
    "session_id": "VARCHAR",
    "index": "BIGINT",
    "created_at": "TIMESTAMP",  # UTC
    "question": "VARCHAR",
    "answer": "VARCHAR",
    "user_id": "VARCHAR",  # not hashed yet
    "agent_id": "VARCHAR",
    "team_id": "VARCHAR",
    "status": "VARCHAR",
    "tool_calls": "VARCHAR",  # JSON: [{"name", "arguments", "result", "failed"}]
    "cut_texts": "BIGINT",  # arguments and results of tools that were shortened
    "system_key": "UBIGINT",  # of `system_messages`
    "session_state": "VARCHAR",  # JSON object
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
    "given_history": "VARCHAR",  # JSON messages without brackets, that came with the turn itself
    "thread": "VARCHAR",  # turns of one thread follow each other by index; NULL: nothing is known of earlier ones
    "sees_thread": "BOOLEAN",  # whether the agent saw the thread's earlier exchanges
    "shown": "BOOLEAN",  # whether later turns of the thread saw this one
    "in_window": "BOOLEAN",  # false: it is there for the history of others alone
}

QUARANTINE_COLUMNS: Mapping[str, str] = {
    "run_id": "VARCHAR",
    "session_id": "VARCHAR",
    "reason": "VARCHAR",
    "raw": "VARCHAR",
}

_TABLES: Mapping[str, Mapping[str, str]] = {
    "few_turns": TURN_COLUMNS,
    "quarantine": QUARANTINE_COLUMNS,
    "system_messages": {"system_key": "UBIGINT", "system_message": "VARCHAR"},
    "session_ratings": {"session_id": "VARCHAR", "rating": "TINYINT", "comment": "VARCHAR"},
}
# pandas' own types that know a missing value: DuckDB would guess an object column's type from a sample.
_FRAME_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "Int64",
    "TINYINT": "Int64",
    "DOUBLE": "Float64",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "datetime64[us]",
}


# Fewer rows are no file of their own: each file is opened by every query.
_ROWS_OF_A_FILE = 5_000
_AS_COLUMNS = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in TURN_COLUMNS.items() if name != "turn")


def create_tables(connection: DuckDBPyConnection) -> None:
    """Make the empty tables, for one source to be loaded; files of turns are put into the connection's `temp_directory`."""
    connection.execute("CREATE SEQUENCE turn_numbers")
    for name, columns in _TABLES.items():
        typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        connection.execute(f"CREATE TABLE {name} ({typed})")
    connection.execute("ALTER TABLE few_turns ALTER turn SET DEFAULT nextval('turn_numbers')")
    connection.execute("CREATE VIEW turns AS FROM few_turns")


def add_page(connection: DuckDBPyConnection, query: str, rows: int) -> str:
    """Add the turns that a query gives, which has all of `TURN_COLUMNS` but `turn`.

    Args:
        connection: where the tables are.
        query: gives the turns.
        rows: how many there may be.

    Returns:
        What was added, as a table of a query.

    Raises:
        DataError: where the disk is full.
    """
    numbered = f"SELECT nextval('turn_numbers') AS turn, {_AS_COLUMNS} FROM ({query})"
    if rows >= _ROWS_OF_A_FILE:
        return f"read_parquet('{_write_file(connection, numbered)}')"
    last = one(connection, "SELECT coalesce(max(turn), 0) FROM few_turns")
    connection.execute(f"INSERT INTO few_turns {numbered}")
    return f"(FROM few_turns WHERE turn > {last})"


def one(connection: DuckDBPyConnection, query: str) -> Any:
    """The value that a query gives."""
    [(value,)] = connection.execute(query).fetchall()  # all: nothing else may be asked before the last row was fetched
    return value


def _write_file(connection: DuckDBPyConnection, query: str) -> str:
    """Write the turns of a query into the next file; returns its path."""
    import duckdb

    files = f"{_folder(connection)}/turns-*.parquet"
    count = one(connection, f"SELECT count(*) FROM glob('{files}')")
    path = files.replace("*", f"{count:06d}")
    try:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)")
    except duckdb.IOException as error:
        raise DataError(
            f"{path} can't be written: {str(error).splitlines()[0]}",
            next_step="Look for space (df -h), or name another folder for what is kept for a while: TMPDIR=…",
        ) from error
    if count == 0:
        connection.execute(f"CREATE OR REPLACE VIEW turns AS FROM few_turns UNION ALL BY NAME FROM read_parquet('{files}')")
    return path


def _folder(connection: DuckDBPyConnection) -> str:
    return str(one(connection, "SELECT current_setting('temp_directory')")).replace("'", "''")


def add_turns(connection: DuckDBPyConnection, turns: Sequence[Turn], more: Sequence[Mapping[str, Any]] = ()) -> None:
    """Add turns as records; the history of each is what it brings along.

    Args:
        connection: where the tables are.
        turns: as a source gave them.
        more: further columns of each turn that a record does not have (`thread` …); empty: none has any.
    """
    rows = [_row(turn) | dict(more[number] if more else {}) for number, turn in enumerate(turns)]
    with _registered(connection, rows, _RECORD_COLUMNS) as batch:
        connection.execute(f"INSERT INTO system_messages SELECT DISTINCT hash(system_message), system_message FROM {batch}")
        connection.execute(f"""
            INSERT INTO few_turns BY NAME SELECT * EXCLUDE (system_message), hash(system_message) AS system_key FROM {batch}
        """)


def add_bad_rows(connection: DuckDBPyConnection, rows: Sequence[BadRow]) -> None:
    """Add what could not be read: to `turns` its ids and the reason, to `quarantine` also what was found."""
    with _registered(connection, [row.model_dump() for row in rows], QUARANTINE_COLUMNS) as batch:
        connection.execute(f"INSERT INTO quarantine BY NAME SELECT * FROM {batch}")
        connection.execute(f"""
            INSERT INTO few_turns BY NAME
            SELECT run_id, session_id, reason AS quarantine_reason, true AS in_window FROM {batch}
        """)


def messages_json(messages: Iterable[Message]) -> str | None:
    """Messages as JSON without the brackets around them; None where there are none."""
    return compact_json([message.model_dump() for message in messages])[1:-1] or None


def compact_json(value: Any) -> str:
    """JSON as DuckDB writes it: no spaces, letters of all alphabets as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_RECORD_COLUMNS = {name: kind for name, kind in TURN_COLUMNS.items() if name not in {"turn", "number", "system_key"}} | {
    "system_message": "VARCHAR"
}


@contextmanager
def _registered(connection: DuckDBPyConnection, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> Iterator[str]:
    """The rows as a table of a query, by its name."""
    import pandas as pd

    series = {name: pd.Series([row.get(name) for row in rows], dtype=_FRAME_TYPES[kind]) for name, kind in columns.items()}
    connection.register("batch", pd.DataFrame(series))
    try:
        yield "batch"
    finally:
        connection.unregister("batch")


def _row(turn: Turn) -> dict[str, Any]:
    return dict(turn) | {
        "created_at": _naive(turn.created_at),
        "rated_at": _naive(turn.rated_at),
        "given_history": messages_json(turn.history),
        "tool_calls": compact_json([call.model_dump() for call in turn.tool_calls]),
        "session_state": compact_json(turn.session_state),
        "cut_texts": 0,
        "sees_thread": False,
        "shown": False,
        "in_window": True,
    }


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
