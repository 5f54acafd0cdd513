"""The table `forms`: what the comparison looks at of each text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.dataset.neighbours.affixes import learned_affixes
from nightschool.dataset.neighbours.folding import content_words, core, is_vietnamese, numbers, without_politeness, words
from nightschool.dataset.neighbours.slips import make_corrected
from nightschool.dataset.neighbours.spelling import marked_words

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray


def make_forms(connection: DuckDBPyConnection) -> str:
    """From `texts`, make `members(id, form)`, `forms(id, core, marks, numbers, words, content)` and `word_counts(word, texts)`.

    Texts with the same core and the same marked words are one form, named by its smallest id. How many forms have a word
    tells slips from words. Returns the pattern of what these texts have before and after any question.
    """
    make_corrected(connection)
    affixes = learned_affixes(connection, "corrected")
    connection.execute(f"CREATE TEMP TABLE cored AS {_cored('corrected', affixes)}")
    connection.execute("CREATE TABLE members AS SELECT id, min(id) OVER (PARTITION BY core, marks) AS form FROM cored")
    connection.execute(f"CREATE TABLE forms AS {_worded('(SELECT * FROM cored SEMI JOIN members ON form = cored.id)')}")
    for table in ("corrected", "cored"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("""
        CREATE TABLE word_counts AS
        SELECT word, count(*) AS texts FROM (SELECT unnest(content) AS word FROM forms) GROUP BY word HAVING count(*) > 1
    """)
    return affixes


def add_known_forms(connection: DuckDBPyConnection, ids: ndarray, affixes: str) -> None:
    """Add the forms of those known texts that are to be compared; each is a form of its own."""
    if not len(ids):
        return
    connection.register("wanted", {"id": ids})
    cored = _cored("(SELECT k.id, k.text AS meant FROM known_texts k JOIN wanted USING (id))", affixes)
    connection.execute(f"CREATE TEMP TABLE known_cored AS {cored}")
    connection.unregister("wanted")
    connection.execute(f"INSERT INTO forms {_worded('known_cored')}")
    connection.execute("DROP TABLE known_cored")


def _cored(table: str, affixes: str) -> str:
    return f"""
        SELECT id, spaced, {core("spaced", "meant")} AS core, {marked_words("trim(replace(spaced, '  ', ' '))")} AS marks
        FROM (SELECT *, {without_politeness("meant", affixes)} AS spaced FROM {table})
    """


def _worded(table: str) -> str:
    return f"""
        SELECT id, core, marks, {numbers("core")} AS numbers, {words("core")} AS words,
            {content_words("spaced", is_vietnamese("spaced"), "core")} AS content
        FROM {table}
    """
