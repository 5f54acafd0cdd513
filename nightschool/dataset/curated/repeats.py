"""Curated questions that ask what another entry asks, or what the exam asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.dataset.connection import open_memory, parquet
from nightschool.dataset.curated.checking import Finding
from nightschool.dataset.curated.questions import CuratedQuestion
from nightschool.dataset.neighbours import find_neighbours, make_clusters
from nightschool.dataset.normalisation import normalised
from nightschool.records import NeighbourPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def find_repeats(
    questions: Mapping[int, CuratedQuestion],
    *,
    examples: Path | None = None,
    ledger: Path | None = None,
    policy: NeighbourPolicy | None = None,
) -> tuple[Finding, ...]:
    """Compare the questions with each other, and with those that are held out.

    A held-out question is never quoted: what stands in a message may end in a file or a prompt.

    Args:
        questions: by their place in the file.
        examples: the `examples.parquet` of a night; None: there is none to compare with.
        ledger: that night's split ledger, which knows all that was ever held out; None: the examples alone are compared with.
        policy: how much two questions may differ and still be one; None: the defaults.
    """
    with open_memory() as connection:
        _load_questions(connection, questions)
        _load_held_out(connection, examples, ledger)
        _load_texts(connection)
        find_neighbours(connection, policy or NeighbourPolicy())
        make_clusters(connection)
        return (*_duplicates(connection), *_near_duplicates(connection), *_held_out(connection))


def _load_questions(connection: DuckDBPyConnection, questions: Mapping[int, CuratedQuestion]) -> None:
    """Make `asked`: entry, answer, text (normalised)."""
    connection.execute("CREATE TABLE given (entry INTEGER, task VARCHAR, answer VARCHAR)")
    if questions:
        rows = [[number, one.task, one.expected_answer] for number, one in questions.items()]
        connection.executemany("INSERT INTO given VALUES (?, ?, ?)", rows)
    connection.execute(f"CREATE TABLE asked AS SELECT entry, answer, {normalised('task')} AS text FROM given")


def _load_held_out(connection: DuckDBPyConnection, examples: Path | None, ledger: Path | None) -> None:
    """Make `held`: text (normalised), session_id and, from a ledger, its signature, of every question that is held out."""
    if ledger is not None:
        query = f"SELECT text, session_id, signature FROM {parquet(ledger)} WHERE \"set\" = 'held_out' AND text IS NOT NULL"
    elif examples is not None:
        query = f"""
            SELECT {normalised("question")} AS text, min(session_id) AS session_id, NULL::BLOB AS signature
            FROM {parquet(examples)} WHERE "set" = 'held_out' GROUP BY ALL
        """
    else:
        query = "SELECT '' AS text, '' AS session_id, NULL::BLOB AS signature LIMIT 0"
    connection.execute(f"CREATE TABLE held AS {query}")


def _load_texts(connection: DuckDBPyConnection) -> None:
    """Make `texts`, of what must be signed, and `known_texts`, of what the ledger has signed already."""
    connection.execute("""
        CREATE TABLE texts AS
        SELECT row_number() OVER (ORDER BY md5(text), text) - 1 AS id, text
        FROM (SELECT text FROM asked UNION SELECT text FROM held WHERE signature IS NULL)
    """)
    connection.execute("""
        CREATE TABLE known_texts AS
        SELECT (SELECT count(*) FROM texts) + row_number() OVER (ORDER BY md5(text), text) - 1 AS id, text, signature
        FROM held ANTI JOIN texts USING (text)
    """)
    connection.execute("CREATE VIEW numbered AS SELECT id, text FROM texts UNION ALL SELECT id, text FROM known_texts")


def _duplicates(connection: DuckDBPyConnection) -> Iterator[Finding]:
    query = """
        SELECT list(entry ORDER BY entry), count(DISTINCT answer) FROM asked
        GROUP BY text HAVING count(*) > 1 ORDER BY min(entry)
    """
    for entries, answers in connection.execute(query).fetchall():
        contradiction = ", with different answers" if answers > 1 else ""
        yield Finding(level="error", kind="duplicate", entries=tuple(entries), message=f"they ask the same{contradiction}")


def _near_duplicates(connection: DuckDBPyConnection) -> Iterator[Finding]:
    query = """
        SELECT list(entry ORDER BY entry) AS entries FROM (
            SELECT coalesce(cluster, id) AS cluster, min(entry) AS entry
            FROM asked JOIN texts USING (text) LEFT JOIN clusters USING (id) GROUP BY id, cluster
        ) GROUP BY cluster HAVING count(*) > 1 ORDER BY entries
    """
    for (entries,) in connection.execute(query).fetchall():
        yield Finding(level="warning", kind="near duplicate", entries=tuple(entries), message="they ask the same in other words")


def _held_out(connection: DuckDBPyConnection) -> Iterator[Finding]:
    query = """
        WITH pairs AS (
            SELECT id, id AS other, true AS same FROM numbered
            UNION ALL SELECT a, b, false FROM loose_pairs UNION ALL SELECT b, a, false FROM loose_pairs
        )
        SELECT entry, bool_or(p.same), arg_min(h.session_id, (NOT p.same, h.session_id))
        FROM asked JOIN numbered n USING (text) JOIN pairs p USING (id)
        JOIN numbered o ON o.id = p.other JOIN held h ON h.text = o.text
        GROUP BY entry ORDER BY entry
    """
    for entry, same, session_id in connection.execute(query).fetchall():
        what = "its question is held out" if same else "it is too like a question that is held out"
        said = f"{what} for the exam (session {session_id}): nights leave the entry out"
        yield Finding(level="warning", kind="held out", entries=(entry,), message=said)
