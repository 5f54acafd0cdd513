"""The split ledger: which set each session and each question belongs to, for life.

Parquet, one row for each question and session that gave an example; rows are added and never changed or taken away::

    question_key VARCHAR   md5 of the normalised question, of a follow-up with what it follows
    words_key VARCHAR      md5 of the normalised question alone
    session_id VARCHAR     of a curated question its example id
    user_id VARCHAR        salted hash; empty where unknown
    set VARCHAR            train, validation, held_out
    first_seen TIMESTAMP   UTC; null for a curated question
    sequence BIGINT        number of the assignment within its stratum; null: the set was inherited
    stratum VARCHAR        category, difficulty and language; null: the set was inherited
    text VARCHAR           the normalised question, in its first row only; scrubbed like all else
    signature BLOB         by which its neighbours are found without signing it again; in its first row only
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.dataset.connection import parquet, quoted, write_parquet
from nightschool.errors import DataError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEDGER_COLUMNS = {
    "question_key": "VARCHAR",
    "words_key": "VARCHAR",
    "session_id": "VARCHAR",
    "user_id": "VARCHAR",
    "set": "VARCHAR",
    "first_seen": "TIMESTAMP",
    "sequence": "BIGINT",
    "stratum": "VARCHAR",
    "text": "VARCHAR",
    "signature": "BLOB",
}


def load_ledger(connection: DuckDBPyConnection, path: Path | None) -> None:
    """Make `ledger`, empty for a target's first night, and of its questions `known_questions`: question_key, set, first_seen.

    Texts and signatures, most of the file, stay in it: `ledger_file` reads them, with the `place` of each row.

    Raises:
        DataError: where the file is not a ledger.
    """
    if path is None:
        empty = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in LEDGER_COLUMNS.items())
        connection.execute(f"CREATE VIEW ledger_file AS SELECT {empty}, 0 AS place WHERE false")
    else:
        found = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {parquet(path)}").fetchall()}
        if found != set(LEDGER_COLUMNS):
            raise DataError(
                f"{path} is not a split ledger: its columns are {', '.join(sorted(found))}.",
                next_step="Give the ledger that the last night wrote; without one, sessions would change their sets.",
            )
        columns = ", ".join(f'"{name}"' for name in LEDGER_COLUMNS)
        connection.execute(f"""
            CREATE VIEW ledger_file AS
            SELECT {columns}, file_row_number AS place FROM read_parquet({quoted(str(path))}, file_row_number = true)
        """)
    connection.execute("CREATE TABLE ledger AS SELECT * EXCLUDE (text, signature, place) FROM ledger_file")
    connection.execute("""
        CREATE TABLE known_questions AS
        SELECT question_key, any_value(set) AS set, min(first_seen) AS first_seen FROM ledger GROUP BY question_key
    """)


def write_ledger(connection: DuckDBPyConnection, path: Path) -> int:
    """Write the ledger with what `kept` and `curated_allowed` add to it."""
    return write_parquet(
        connection,
        """
        SELECT * EXCLUDE (place) FROM ledger_file
        UNION ALL BY NAME
        SELECT n.* EXCLUDE (place), CASE WHEN k.set IS NULL AND place = 1 THEN t.text END AS text,
            CASE WHEN k.set IS NULL AND place = 1 THEN s.signature END AS signature
        FROM (
            SELECT *, row_number() OVER (PARTITION BY question_key ORDER BY session_id) AS place FROM (
                SELECT question_key, words_key, session_id, user_id, set, created_at AS first_seen, sequence, stratum FROM kept
                UNION ALL
                SELECT question_key, question_key, example_id, '', 'train', NULL, NULL, NULL FROM curated_allowed
            )
            ANTI JOIN ledger USING (question_key, session_id)
        ) n
        JOIN texts t USING (question_key)
        LEFT JOIN signatures s ON s.id = t.id
        LEFT JOIN known_questions k USING (question_key)
        ORDER BY question_key, session_id
        """,
        path,
        compression="snappy",  # digests and signatures, which nothing makes smaller
    )
