"""Labels of the questions of a table: by rules, all of them; then by another labeller, where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.dataset.connection import quoted
from nightschool.dataset.labels.categories import category, folded, requires_reasoning
from nightschool.dataset.labels.detectors import detect_languages
from nightschool.dataset.labels.difficulty import difficulty
from nightschool.dataset.labels.labeller import Labeller, Unlabelled
from nightschool.dataset.labels.language import language
from nightschool.records import DataPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LABELS = ("category", "difficulty", "language", "requires_reasoning")


def add_labels(connection: DuckDBPyConnection, table: str, policy: DataPolicy, labeller: Labeller | None = None) -> None:
    """Set the columns category, difficulty, language (VARCHAR) and requires_reasoning (BOOLEAN) of a table.

    Args:
        connection: where the table is; it has `question`, and `history` and `tool_calls` as JSON texts.
        table: its name; it is made anew, its rows in the order in which they were.
        policy: the category of what no rule knows, and who tells languages.
        labeller: asked after the rules; where it has nothing to say, theirs stay.
    """
    _label_by_rules(connection, table, policy)
    if policy.language_detector != "rules":
        detect_languages(connection, table)
    if labeller is not None:
        _label_by(labeller, connection, table)


def _label_by_rules(connection: DuckDBPyConnection, table: str, policy: DataPolicy) -> None:
    own = {row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()}
    known = ", ".join(quoted(name)[1:-1] for name in LABELS if name in own)
    connection.execute(f"""
        CREATE OR REPLACE TABLE {table} AS
        SELECT * EXCLUDE (text_folded), {difficulty("text_folded", "tool_calls", "history", "requires_reasoning")} AS difficulty
        FROM (
            SELECT *, {requires_reasoning("text_folded", "category")} AS requires_reasoning
            FROM (
                SELECT *, {category("text_folded", policy.task_type)} AS category, {language("question")} AS language
                FROM (SELECT * {f"EXCLUDE ({known})" if known else ""}, {folded("question")} AS text_folded FROM {table})
            )
        )
    """)


def _label_by(labeller: Labeller, connection: DuckDBPyConnection, table: str) -> None:
    """Asked once for each question in its context, in an order that does not depend on that of the rows."""
    asked = connection.execute(f"SELECT DISTINCT question, history FROM {table} ORDER BY question, history").fetchall()
    answers = labeller.label([Unlabelled.of(question, history) for question, history in asked])
    rows = [
        (*key, *(getattr(labels, name) for name in LABELS))
        for key, labels in zip(asked, answers, strict=True)
        if labels is not None
    ]
    if not rows:
        return
    connection.execute(
        "CREATE TEMP TABLE named (question VARCHAR, history VARCHAR, category VARCHAR, difficulty VARCHAR, language VARCHAR,"
        " requires_reasoning BOOLEAN)"
    )
    connection.executemany("INSERT INTO named VALUES (?, ?, ?, ?, ?, ?)", rows)
    chosen = ", ".join(f"{name} = coalesce(named.{name}, {table}.{name})" for name in LABELS)
    connection.execute(
        f"UPDATE {table} SET {chosen} FROM named WHERE named.question = {table}.question AND named.history = {table}.history"
    )
    connection.execute("DROP TABLE named")
