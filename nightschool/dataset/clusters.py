"""Which questions are one question, which are too alike to stand in different sets, and what the ledger says of them.

A cluster holds all wordings of one question. It belongs to the set of the earliest question of the ledger that it holds or
is a wording of; else, where a curated file asks it, to the train set, where that file is; else to none yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.records import DataPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def find_clusters(connection: DuckDBPyConnection, policy: DataPolicy) -> None:
    """From `questions`, `curated` and the ledger make the tables of the night's distinct questions.

    - `texts`: id, text, question_key, cluster
    - `near`: id, other: the pairs that must not stand in different sets, in both directions; `other` may be a known text
    - `claims`: cluster, set, claimed_by (a question_key)
    - `demands`: id, set, sets: the sets in which a text has its like (its cluster's claim among them), and how many they are
    """
    _make_texts(connection)
    find_neighbours(connection, policy)
    make_clusters(connection)
    connection.execute("""
        CREATE OR REPLACE TABLE texts AS
        SELECT t.id, t.text, t.question_key, coalesce(c.cluster, t.id) AS cluster FROM texts t LEFT JOIN clusters c USING (id)
    """)
    _make_near(connection)
    _make_claims(connection)
    _make_demands(connection)


def find_neighbours(connection: DuckDBPyConnection, policy: DataPolicy) -> None:
    for table in ("strict_pairs", "loose_pairs"):
        connection.execute(f"CREATE TABLE {table} (a BIGINT, b BIGINT)")
    connection.execute("CREATE TABLE signatures (id BIGINT, signature BLOB)")


def make_clusters(connection: DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE clusters AS SELECT id, id AS cluster FROM texts")


def _make_texts(connection: DuckDBPyConnection) -> None:
    """Ids follow the digests of the texts, and those of the ledger's other questions follow them."""
    connection.execute("""
        CREATE TABLE texts AS
        SELECT row_number() OVER (ORDER BY question_key) - 1 AS id, text, question_key FROM (
            SELECT question_key, any_value(key_text) AS text
            FROM (SELECT question_key, key_text FROM questions UNION ALL SELECT question_key, key_text FROM curated)
            GROUP BY question_key
        )
    """)
    connection.execute("""
        CREATE TABLE known_texts AS
        SELECT (SELECT count(*) FROM texts) + row_number() OVER (ORDER BY question_key) - 1 AS id, text, signature, question_key
        FROM ledger ANTI JOIN texts USING (question_key) WHERE text IS NOT NULL
    """)


def _make_near(connection: DuckDBPyConnection) -> None:
    connection.execute("""
        CREATE TABLE near AS
        WITH pairs AS (SELECT a, b FROM strict_pairs UNION SELECT a, b FROM loose_pairs)
        SELECT id, other FROM (SELECT a AS id, b AS other FROM pairs UNION SELECT b, a FROM pairs)
        WHERE id IN (SELECT id FROM texts)
    """)


def _make_claims(connection: DuckDBPyConnection) -> None:
    connection.execute("""
        CREATE TABLE claims AS
        WITH wordings AS (
            SELECT cluster, question_key FROM texts
            UNION
            SELECT t.cluster, k.question_key FROM (
                SELECT a AS id, b AS other FROM strict_pairs UNION SELECT b, a FROM strict_pairs
            ) p JOIN texts t USING (id) JOIN known_texts k ON k.id = p.other
        )
        SELECT DISTINCT ON (cluster) w.cluster, k.set, w.question_key AS claimed_by
        FROM wordings w JOIN known_questions k USING (question_key)
        ORDER BY cluster, k.first_seen NULLS LAST, w.question_key
    """)
    connection.execute("""
        INSERT INTO claims
        SELECT cluster, 'train', min(question_key) FROM curated JOIN texts USING (question_key)
        WHERE cluster NOT IN (SELECT cluster FROM claims) GROUP BY cluster
    """)


def _make_demands(connection: DuckDBPyConnection) -> None:
    connection.execute("""
        CREATE TABLE demands AS
        SELECT id, min(set) AS set, count(DISTINCT set) AS sets FROM (
            SELECT t.id, k.set FROM texts t JOIN known_questions k USING (question_key)
            UNION ALL
            SELECT n.id, k.set FROM near n
            JOIN (SELECT id, question_key FROM texts UNION ALL SELECT id, question_key FROM known_texts) o ON o.id = n.other
            JOIN known_questions k USING (question_key)
            UNION ALL
            SELECT t.id, c.set FROM texts t JOIN claims c USING (cluster)
        )
        GROUP BY id
    """)
