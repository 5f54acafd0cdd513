"""Tables of questions, and SQL expressions of one text."""

from __future__ import annotations

from pathlib import Path

import pytest

from nightschool.dataset.connection import open_memory
from nightschool.dataset.labels import add_labels
from nightschool.records import DataPolicy


@pytest.fixture(scope="session")
def sql():
    """The values of an SQL expression, made from the name of a column of texts."""
    with open_memory(threads=1) as connection:

        def run(expression, *texts):
            query = f"SELECT {expression('text')} FROM (SELECT unnest(?) AS text)"
            return [row[0] for row in connection.execute(query, [list(texts)]).fetchall()]

        yield run


@pytest.fixture(scope="session")
def questions_by_language() -> list[tuple[str, str]]:
    """The corpus beside the tests: language and question, as people type them."""
    text = (Path(__file__).parent / "questions_by_language.tsv").read_text(encoding="utf-8")
    return [(language, question) for language, _, question in (line.partition("\t") for line in text.splitlines())]


@pytest.fixture
def labelled():
    """The labels of some questions by question, as `add_labels` sets them."""

    def run(*questions, history="[]", tool_calls="[]", policy=None, labeller=None):
        with open_memory(threads=1) as connection:
            connection.execute(
                "CREATE TABLE asked AS SELECT unnest($questions) AS question, $history AS history, $tools AS tool_calls,"
                " 'Done.' AS answer, 'old' AS category",
                {"questions": list(questions), "history": history, "tools": tool_calls},
            )
            add_labels(connection, "asked", policy or DataPolicy(), labeller)
            cursor = connection.execute("SELECT * FROM asked")
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return {row.pop("question"): row for row in rows}

    return run
