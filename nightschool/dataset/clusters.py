"""Which questions are one question, which are too alike to stand in different sets, and what the ledger says of them.

A cluster holds all wordings of one question. It belongs to the set of the earliest question of the ledger that it holds or
is a wording of; else, where a curated file asks it, to the train set, where that file is; else to none yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.dataset.neighbours import find_neighbours, make_clusters
from nightschool.records import DataPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def find_clusters(connection: DuckDBPyConnection, policy: DataPolicy) -> None:
    """From `questions`, `curated` and the ledger make the tables of the night's distinct questions.

    - `texts`: id, text, question_key, cluster
    - `near`: cluster, other: what must not stand in different sets, in both directions; `other` may be a known text's id
    - `claims`: cluster, set, claimed_by (a question_key)
    - `demands`: id, set, sets: the sets in which a text has its like (its cluster's claim among them), and how many they are
    """
    _make_texts(connection)
    find_neighbours(connection, policy.neighbours)
    make_clusters(connection)
    connection.execute("""
        CREATE OR REPLACE TABLE texts AS
        SELECT t.id, t.text, t.question_key, coalesce(c.cluster, t.id) AS cluster FROM texts t LEFT JOIN clusters c USING (id)
    """)
    _make_near(connection)
    _make_claims(connection)
    _make_demands(connection)


def _make_texts(connection: DuckDBPyConnection) -> None:
    """Ids follow the digests of the texts, and those of the ledger's other questions its rows, which are in that order too."""
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
        SELECT (SELECT count(*) FROM texts) + place AS id, text, signature, question_key
        FROM ledger_file ANTI JOIN texts USING (question_key) WHERE signature IS NOT NULL
    """)


def _make_near(connection: DuckDBPyConnection) -> None:
    """Two clusters are too alike where any two of their wordings are: of a cluster one wording stands for all."""
    connection.execute("""
        CREATE TABLE near AS
        WITH pairs AS (SELECT a, b FROM strict_pairs UNION SELECT a, b FROM loose_pairs),
        places AS (SELECT id, cluster FROM texts UNION ALL SELECT id, id FROM known_texts)
        SELECT DISTINCT x.cluster AS cluster, y.cluster AS other
        FROM (SELECT a AS id, b AS other FROM pairs UNION SELECT b, a FROM pairs) p
        JOIN texts x ON x.id = p.id JOIN places y ON y.id = p.other
        WHERE x.cluster <> y.cluster
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
    """A question of the ledger keeps its place beside its likes: they were found to be apart when it was assigned."""
    connection.execute("""
        CREATE TABLE demands AS
        WITH likes AS (
            SELECT cluster, set FROM claims
            UNION
            SELECT n.cluster, c.set FROM near n JOIN claims c ON c.cluster = n.other
            UNION
            SELECT n.cluster, k.set FROM near n JOIN known_texts t ON t.id = n.other JOIN known_questions k USING (question_key)
        )
        SELECT id, min(set) AS set, count(DISTINCT set) AS sets FROM (
            SELECT t.id, k.set FROM texts t JOIN known_questions k USING (question_key)
            UNION ALL
            SELECT t.id, c.set FROM texts t JOIN claims c USING (cluster)
            UNION ALL
            SELECT t.id, l.set FROM texts t JOIN likes l USING (cluster)
            WHERE t.question_key NOT IN (SELECT question_key FROM known_questions)
        )
        GROUP BY id
    """)
