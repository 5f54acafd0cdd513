"""Which examples a prompt quotes: it says the whole question, or says it in other words by the rule of the deduplication."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nightschool.dataset.connection import open_memory
from nightschool.dataset.neighbours import find_neighbours
from nightschool.dataset.normalisation import normalised
from nightschool.records import Example, NeighbourPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

LEAST_WORDS, LEAST_CHARS = 4, 20
"""A shorter question is said in passing; it is quoted where it stands alone: as a line, a sentence, or in quotation marks."""

_SPEAKER = re.compile(r"^\s*(?:[-*•>#]+\s*|\d+[.)]\s*)*(?:\*{0,2}[^\W\d_]{1,12}\*{0,2}\s*[:：]\*{0,2}\s*)?")
_SENTENCES = re.compile(r"(?<=[.!?…。？！])\s+")
_IN_MARKS = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|‘([^’\n]+)’|`([^`\n]+)`|「([^」\n]+)」")


def quoted_examples(
    prompt: str, examples: Sequence[Example], policy: NeighbourPolicy, *, besides: str = "", in_other_words: bool = True
) -> tuple[str, ...]:
    """The ids of the examples that a prompt quotes, in alphabetical order.

    Args:
        prompt: the text that is looked at.
        examples: whose questions it must not say.
        policy: how much two questions may differ and still be one.
        besides: a text that may be repeated, like the incumbent's: what it says too is no quote.
        in_other_words: whether near-duplicates are looked for too; without them it takes milliseconds.
    """
    if not examples or not prompt.strip():
        return ()
    with open_memory(threads=1) as connection:
        _read(connection, prompt, examples, besides)
        found = _said_whole(connection)
        if in_other_words:
            found |= _said_in_other_words(connection, policy)
    return tuple(sorted(found))


def _read(connection: DuckDBPyConnection, prompt: str, examples: Sequence[Example], besides: str) -> None:
    """Make `asked(example_id, text)`, `pieces(text)` and `prompts(new, old)`, all normalised."""
    rows: list[tuple[str, str]] = [("asked", example.question) for example in examples]
    rows += [("new", piece) for piece in pieces_of(prompt)] + [("old", piece) for piece in pieces_of(besides)]
    rows += [("prompt", prompt), ("besides", besides)]
    ids = [example.example_id for example in examples] + [""] * (len(rows) - len(examples))
    given = {"example_id": _column(ids), "part": _column(part for part, _ in rows), "said": _column(said for _, said in rows)}
    connection.register("given", given)
    connection.execute(f"CREATE TABLE said AS SELECT example_id, part, {normalised('said')} AS text FROM given")
    connection.execute("CREATE TABLE asked AS SELECT example_id, text FROM said WHERE part = 'asked' AND text <> ''")
    connection.execute("""
        CREATE TABLE pieces AS
        SELECT text FROM said WHERE part IN ('new', 'old') AND text <> '' GROUP BY text HAVING bool_and(part = 'new')
    """)
    connection.execute("""
        CREATE TABLE prompts AS
        SELECT any_value(' ' || text || ' ') FILTER (part = 'prompt') AS new,
            any_value(' ' || text || ' ') FILTER (part = 'besides') AS old
        FROM said
    """)


def _said_whole(connection: DuckDBPyConnection) -> set[str]:
    """Questions that the prompt says word for word, or that are one of its pieces."""
    rows = connection.execute(f"""
        SELECT example_id FROM asked, prompts
        WHERE contains(new, ' ' || text || ' ') AND NOT contains(old, ' ' || text || ' ')
            AND strlen(text) >= {LEAST_CHARS} AND len(string_split(text, ' ')) >= {LEAST_WORDS}
        UNION
        SELECT example_id FROM asked JOIN pieces USING (text)
    """).fetchall()
    return {row[0] for row in rows}


def _said_in_other_words(connection: DuckDBPyConnection, policy: NeighbourPolicy) -> set[str]:
    """Questions that one of the prompt's pieces is a wording of."""
    connection.execute("""
        CREATE TABLE texts AS
        SELECT row_number() OVER (ORDER BY md5(text)) - 1 AS id, text
        FROM (SELECT text FROM asked UNION SELECT text FROM pieces)
    """)
    find_neighbours(connection, policy)
    rows = connection.execute("""
        SELECT example_id FROM (SELECT a, b FROM strict_pairs UNION SELECT b, a FROM strict_pairs) p
        JOIN texts x ON x.id = p.a JOIN asked q ON q.text = x.text
        JOIN texts y ON y.id = p.b JOIN pieces s ON s.text = y.text
    """).fetchall()
    return {row[0] for row in rows}


def pieces_of(prompt: str) -> list[str]:
    """What a prompt says by itself: lines without bullets and speakers, their sentences, what stands in quotation marks."""
    lines = [_SPEAKER.sub("", line).strip() for line in prompt.splitlines()]
    sentences = [sentence for line in lines for sentence in _SENTENCES.split(line)]
    quoted = [next(filter(None, match.groups())) for match in _IN_MARKS.finditer(prompt)]
    return list(dict.fromkeys(piece for piece in (*lines, *sentences, *quoted) if piece.strip()))


def _column(values: Iterable[str]) -> ndarray:
    import numpy as np

    return np.array(list(values), dtype=object)
