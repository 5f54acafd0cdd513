"""Curated questions that ask what another entry asks, or what the exam asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.dataset.connection import open_memory, parquet
from nightschool.dataset.curated.checking import Finding
from nightschool.dataset.curated.questions import CuratedQuestion
from nightschool.dataset.normalisation import normalised

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def find_repeats(questions: Mapping[int, CuratedQuestion], examples: Path | None = None) -> tuple[Finding, ...]:
    """Compare the questions with each other, and with those that are held out.

    A held-out question is never quoted: what stands in a message may end in a file or a prompt.

    Args:
        questions: by their place in the file.
        examples: the `examples.parquet` of a night; None: there is none to compare with.
    """
    with open_memory() as connection:
        _load(connection, questions)
        return (*_duplicates(connection), *(() if examples is None else _held_out(connection, examples)))


def _load(connection: DuckDBPyConnection, questions: Mapping[int, CuratedQuestion]) -> None:
    connection.execute("CREATE TABLE given (entry INTEGER, task VARCHAR, answer VARCHAR)")
    if questions:
        rows = [[number, one.task, one.expected_answer] for number, one in questions.items()]
        connection.executemany("INSERT INTO given VALUES (?, ?, ?)", rows)
    connection.execute(f"CREATE TABLE asked AS SELECT *, {normalised('task')} AS text FROM given")


def _duplicates(connection: DuckDBPyConnection) -> Iterator[Finding]:
    query = """
        SELECT list(entry ORDER BY entry), count(DISTINCT answer) FROM asked
        GROUP BY text HAVING count(*) > 1 ORDER BY min(entry)
    """
    for entries, answers in connection.execute(query).fetchall():
        contradiction = ", with different answers" if answers > 1 else ""
        yield Finding(level="error", kind="duplicate", entries=tuple(entries), message=f"they ask the same{contradiction}")


def _held_out(connection: DuckDBPyConnection, examples: Path) -> Iterator[Finding]:
    query = f"""
        SELECT entry, min(example_id) FROM asked
        JOIN (SELECT example_id, {normalised("question")} AS text FROM {parquet(examples)} WHERE set = 'held_out') USING (text)
        GROUP BY entry ORDER BY entry
    """
    for entry, example_id in connection.execute(query).fetchall():
        said = f"its question is held out for the exam ({example_id}): nights leave the entry out"
        yield Finding(level="warning", kind="held out", entries=(entry,), message=said)
