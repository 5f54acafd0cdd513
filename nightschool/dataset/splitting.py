"""The split into train, validation and held-out: by session, and for life.

The ledger (Parquet) remembers, for each session that ever gave an example, its set and the questions that it gave::

    session_id VARCHAR, set VARCHAR, first_seen TIMESTAMP (UTC), sequence BIGINT (null: inherited), questions VARCHAR[]

A session keeps its set for ever, and so does a question: when the turn that once stood for it has left the window, a
session that brings it again inherits its set. Where a question's set and its session's differ, it is excluded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.dataset.connection import parquet, quoted, write_parquet
from nightschool.errors import DataError
from nightschool.records import DataPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEDGER_COLUMNS = {
    "session_id": "VARCHAR",
    "set": "VARCHAR",
    "first_seen": "TIMESTAMP",
    "sequence": "BIGINT",
    "questions": "VARCHAR[]",
}

# Multiples of the golden ratio's fraction fill [0, 1) evenly from the first few on (a low-discrepancy sequence), so that
# each share holds to about one session, however few there are. The start puts the first session into the train set.
_GOLDEN = 0.6180339887498949
_START = 0.5


def load_ledger(connection: DuckDBPyConnection, path: Path | None) -> None:
    """Make the table `ledger`, empty for a target's first night.

    Raises:
        DataError: where the file is not a ledger.
    """
    typed = ", ".join(f'"{name}" {kind}' for name, kind in LEDGER_COLUMNS.items())
    connection.execute(f"CREATE TABLE ledger ({typed})")
    if path is None:
        return
    found = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {parquet(path)}").fetchall()}
    if found != set(LEDGER_COLUMNS):
        raise DataError(
            f"{path} is not a split ledger: its columns are {', '.join(sorted(found))}.",
            next_step="Give the ledger that the last night wrote; without one, sessions would change their sets.",
        )
    connection.execute(f"INSERT INTO ledger BY NAME SELECT * FROM {parquet(path)}")


def choose_canonicals(connection: DuckDBPyConnection) -> None:
    """From `questions` and `curated`, make `ranked`: each turn with its rank within its question, and the question's claim.

    Rank 1 stands for the question: first one that may (its session has no other set), then corrected, then best rated,
    then earliest. A question that a curated file asks belongs to the train set, where that file is.
    """
    connection.execute("""
        CREATE TABLE claims AS
        SELECT question_key, any_value(set) AS set FROM (SELECT unnest(questions) AS question_key, set FROM ledger)
        GROUP BY question_key
    """)
    connection.execute("""
        INSERT INTO claims SELECT DISTINCT question_key, 'train' FROM curated
        WHERE question_key NOT IN (SELECT question_key FROM claims)
    """)
    connection.execute("""
        CREATE TABLE ranked AS
        SELECT q.*, c.set AS claimed, l.set AS session_set, coalesce(c.set = l.set, true) AS may_stand,
            count(*) OVER (PARTITION BY q.question_key) AS frequency,
            row_number() OVER (
                PARTITION BY q.question_key
                ORDER BY coalesce(c.set = l.set, true) DESC, q.correction IS NOT NULL DESC, q.rating DESC NULLS LAST, q.turn
            ) AS rank
        FROM questions q LEFT JOIN claims c USING (question_key) LEFT JOIN ledger l USING (session_id)
    """)


def assign_sets(connection: DuckDBPyConnection, policy: DataPolicy) -> None:
    """From `ranked`, make `sessions`: session_id, set, first_seen and sequence of every session that gives an example.

    New sessions with a claimed question inherit its set (that of the earliest such turn); the others are numbered in the
    order of their ids' digests, on from the ledger's last number, and the number decides.
    """
    connection.execute(f"""
        CREATE TABLE sessions AS
        WITH standing AS (SELECT * FROM ranked WHERE rank = 1 AND may_stand),
        known AS (
            SELECT session_id, set, first_seen, sequence FROM ledger
            WHERE session_id IN (SELECT session_id FROM standing)
        ),
        fresh AS (
            SELECT session_id, min(created_at) AS first_seen,
                arg_min(claimed, turn) FILTER (claimed IS NOT NULL) AS inherited
            FROM standing WHERE session_set IS NULL GROUP BY session_id
        ),
        numbered AS (
            SELECT session_id, first_seen,
                (SELECT coalesce(max(sequence) + 1, 0) FROM ledger)
                    + row_number() OVER (ORDER BY md5(session_id), session_id) - 1 AS sequence
            FROM fresh WHERE inherited IS NULL
        )
        SELECT * FROM known
        UNION ALL SELECT session_id, inherited, first_seen, NULL FROM fresh WHERE inherited IS NOT NULL
        UNION ALL SELECT session_id, {_set_of("sequence", policy)}, first_seen, sequence FROM numbered
    """)


def write_ledger(connection: DuckDBPyConnection, path: Path) -> int:
    """Write the ledger with what `kept` (question_key, session_id) and `sessions` add to it; nothing is ever taken away."""
    return write_parquet(
        connection,
        """
        SELECT session_id, any_value(set) AS set, min(first_seen) AS first_seen, any_value(sequence) AS sequence,
            list_sort(list_distinct(flatten(list(questions)))) AS questions
        FROM (
            SELECT session_id, set, first_seen, sequence, questions FROM ledger
            UNION ALL
            SELECT s.session_id, s.set, s.first_seen, s.sequence, list(k.question_key)
            FROM sessions s JOIN kept k USING (session_id) GROUP BY ALL
        )
        GROUP BY session_id ORDER BY session_id
        """,
        path,
    )


def _set_of(sequence: str, policy: DataPolicy) -> str:
    held_out = policy.held_out_share
    validation = held_out + (1 - held_out) * policy.validation_share
    point = f"(({_START}::DOUBLE + {sequence} * {_GOLDEN}::DOUBLE) % 1)"
    sets = {"held_out": held_out, "validation": validation}
    branches = " ".join(f"WHEN {point} < {bound!r}::DOUBLE THEN {quoted(name)}" for name, bound in sets.items())
    return f"CASE {branches} ELSE 'train' END"
