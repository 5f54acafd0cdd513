"""The table of turns: `turns.parquet`, one row for every row that was read, unreadable ones included.

Times are UTC without a zone. `history`, `tool_calls` and `session_state` are JSON texts. A row that could not be read has
its ids and a `quarantine_reason`, and is empty otherwise; its raw beginning is in `quarantine.parquet`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.dataset.connection import write_parquet

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS = (
    "run_id",
    "session_id",
    "index",
    "created_at",
    "question",
    "answer",
    "user_id",
    "agent_id",
    "team_id",
    "status",
    "history",
    "tool_calls",
    "system_message",
    "session_state",
    "model",
    "input_tokens",
    "output_tokens",
    "latency_s",
    "error",
    "rating",
    "comment",
    "correction",
    "rated_at",
    "quarantine_reason",
    "cut_texts",
)

# A group is collected in memory before it is written, and histories are long: what fits into a processor's cache is fastest.
_ROW_GROUP_ROWS = 8_192
# What is sorted at a time: it must fit into the memory, or it is written to the disk and read again.
_BUCKET_ROWS = 50_000
# Where threads last so long that most buckets reach over most rows, to read these again for each would cost more than it saves.
_MOST_READINGS = 4
# Only runs without an id need to be told apart by their texts; to sort by these is dear.
_ORDER = """thread, shown DESC, "index", created_at, run_id, session_id,
    CASE WHEN run_id = '' THEN question END, CASE WHEN run_id = '' THEN answer END"""
_QUARANTINE_QUERY = "SELECT * FROM quarantine ORDER BY run_id, session_id, reason, raw"

# What later turns of the thread saw of a turn, as JSON messages without brackets: '' where nothing was asked or answered.
_EXCHANGE = """CASE WHEN shown THEN concat_ws(',',
    CASE WHEN question <> '' THEN '{"role":"user","content":' || to_json(question) || '}' END,
    CASE WHEN answer <> '' THEN '{"role":"assistant","content":' || to_json(answer) || '}' END) END"""


def write_turns(connection: DuckDBPyConnection, path: Path, *, history_runs: int) -> int:
    """Write `turns.parquet` from the table `judged` and the sources' tables; returns its rows.

    Threads stand in the order of their beginnings, some thousand turns of them sorted at a time; nothing of this order depends
    on the order of the rows in the tables, so that equal turns are equal bytes.

    Args:
        connection: where the tables are.
        path: the file.
        history_runs: how many earlier exchanges of its thread a turn's history has at most.
    """
    _make_places(connection)
    _make_unshown_histories(connection, history_runs)
    parts = _parts(connection, history_runs)
    query = " UNION ALL ".join(f"({_turns_query(reach, condition)})" for condition, reach in parts)
    # Equal turns are equal bytes: the join must not swap its sides, as its left one streams in order, and whether a column has
    # a gap must not be known beforehand from where its rows come from.
    connection.execute("SET disabled_optimizers = 'build_side_probe_side,join_order,statistics_propagation'")
    try:
        return write_parquet(connection, query, path, row_group_rows=_ROW_GROUP_ROWS, compression="snappy")
    finally:
        connection.execute("SET disabled_optimizers = ''")


def write_quarantine(connection: DuckDBPyConnection, path: Path) -> int:
    """Write `quarantine.parquet`; returns its rows."""
    return write_parquet(connection, _QUARANTINE_QUERY, path)


def _parts(connection: DuckDBPyConnection, history_runs: int) -> list[tuple[str, int]]:
    """The turns to be sorted at a time, in order: a condition for them, and how far back their histories reach.

    `turn` in the condition lets DuckDB pass over what a part does not need.
    """
    query = "SELECT bucket, min(turn), max(turn), count(*), max(followers) FROM places GROUP BY bucket ORDER BY bucket"
    found = connection.execute(query).fetchall()
    rows = sum(count for _, _, _, count, _ in found)
    if not found or sum(last - first for _, first, last, _, _ in found) > _MOST_READINGS * rows:
        return [("true", history_runs)]
    return [
        (f"bucket = {bucket} AND turn BETWEEN {first} AND {last}", min(history_runs, longest or 0))
        for bucket, first, last, _, longest in found
    ]


def _turns_query(reach: int, part: str) -> str:
    """A part's turns with their histories. One sort puts the threads together; the earlier exchanges are then the rows before.

    An exchange is handed on only to the rows of its own thread that come so far behind it: most threads are short.
    """
    earlier = [f"lag(CASE WHEN followers >= {back} THEN exchange END, {back}) OVER ()" for back in range(reach, 0, -1)]
    seen = f"CASE WHEN sees_thread THEN nullif(concat_ws(',', {', '.join(earlier)}), '') END" if earlier else "NULL"
    histories = ", ".join([seen, "unshown_history", "given_history"])
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    return f"""
        SELECT {names}
        FROM (
            SELECT *, CASE WHEN quarantine_reason IS NULL THEN '[' || concat_ws(',', {histories}) || ']' END AS history
            FROM (
                SELECT judged.*, nullif({_EXCHANGE}, '') AS exchange, unshown.history AS unshown_history, followers
                FROM judged JOIN places USING (turn) LEFT JOIN unshown USING (turn)
                WHERE {part}
                ORDER BY {_ORDER}
            )
        ) LEFT JOIN (
            SELECT system_key, any_value(system_message) AS system_message FROM system_messages GROUP BY system_key
        ) USING (system_key)
        WHERE in_window
    """


def _make_places(connection: DuckDBPyConnection) -> None:
    """Of each turn, the bucket that its thread is sorted in, and how many turns follow it among those that later ones saw.

    Of turns that can't be told apart it is the smaller number, so that no exchange leaves its thread. A turn without a thread is
    alone with those of its moment.
    """
    connection.execute(f"""
        CREATE TEMP TABLE places AS
        WITH owners AS MATERIALIZED (
            SELECT turn, thread, CASE WHEN thread IS NULL THEN created_at END AS moment, created_at, "index", run_id,
                thread IS NOT NULL AND shown AS placed
            FROM judged
        ), buckets AS (
            SELECT thread, moment, sum(turns) OVER (ORDER BY began, thread, moment) // {_BUCKET_ROWS} AS bucket
            FROM (SELECT thread, moment, min(created_at) AS began, count(*) AS turns FROM owners GROUP BY ALL)
        )
        SELECT turn, bucket::BIGINT AS bucket, CASE WHEN placed THEN rank() OVER (
            PARTITION BY hash(owners.thread), owners.thread, placed
            ORDER BY "index" DESC NULLS FIRST, created_at DESC NULLS FIRST, run_id DESC
        ) - 1 END AS followers
        FROM owners JOIN buckets
            ON owners.thread IS NOT DISTINCT FROM buckets.thread AND owners.moment IS NOT DISTINCT FROM buckets.moment
    """)


def _make_unshown_histories(connection: DuckDBPyConnection, history_runs: int) -> None:
    """The histories of the few turns that nobody saw later (failed ones): they are no part of what stands in a row."""
    earlier = ", ".join(
        f"nullif(lag(exchange, {back} IGNORE NULLS) OVER thread_so_far, '')" for back in range(history_runs, 0, -1)
    )
    connection.execute(f"""
        CREATE TEMP TABLE unshown AS
        SELECT turn, history FROM (
            SELECT turn, shown, sees_thread, {f"nullif(concat_ws(',', {earlier}), '')" if earlier else "NULL"} AS history
            FROM (
                SELECT *, {_EXCHANGE} AS exchange FROM judged
                WHERE thread IN (SELECT thread FROM turns WHERE NOT shown AND sees_thread)
            )
            WINDOW thread_so_far AS (PARTITION BY thread ORDER BY "index", created_at, run_id)
        )
        WHERE NOT shown AND sees_thread
    """)
