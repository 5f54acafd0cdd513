"""The comparison itself: which candidates ask the same.

Whether two words are equal is all that most candidates need, and numpy tells it of all of them at once; the database compares
the rest letter by letter.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.allowing import ANY, Allowed, Candidates, allowed
from nightschool.dataset.neighbours.compared_forms import ComparedForms
from nightschool.dataset.neighbours.spelling import only_plain
from nightschool.records import NeighbourPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Rows worked on at once, so that memory hardly grows with the window.
_PAIRS_AT_ONCE: Final = 1 << 18
# Cheaper than counting the edits: hardly a pair of few edits is less alike than this.
_LIKENESS_OF_FEW_EDITS: Final = 0.8


def compare(connection: DuckDBPyConnection, policy: NeighbourPolicy, forms: ComparedForms, pairs: Candidates) -> None:
    """Make `strict_forms(a, b)` and `loose_forms(a, b)` of those of the candidates that are.

    Args:
        connection: holds `forms` and `word_counts`.
        policy: how much two texts may differ.
        forms: what the table `forms` holds.
        pairs: the candidates.
    """
    import numpy as np

    starts = range(0, max(1, len(pairs.x)), _PAIRS_AT_ONCE)
    parts = [allowed(connection, policy, forms, pairs.of(slice(start, start + _PAIRS_AT_ONCE))) for start in starts]
    near = Allowed(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Allowed)))
    columns = {"x": forms.ids[near.x], "y": forms.ids[near.y], "strict": near.strict, "loose": near.loose, "few": near.few}
    connection.register("judged_pairs", columns)
    try:
        connection.execute(f"CREATE TEMP TABLE judged AS {_JUDGED}")
    finally:
        connection.unregister("judged_pairs")
    connection.execute("CREATE TABLE loose_forms AS SELECT a, b FROM judged")
    connection.execute(f"CREATE TABLE strict_forms AS {_STRICT}")
    connection.execute("DROP TABLE judged")


# The joins stand alone (MATERIALIZED): an equality of the comparison must not become a join key.
_JUDGED: Final = f"""
    WITH gathered AS MATERIALIZED (
        SELECT x, y, strict, loose, few, f.core AS core_x, g.core AS core_y
        FROM judged_pairs JOIN forms f ON f.id = x JOIN forms g ON g.id = y WHERE loose < {ANY}
    ),
    counted AS (
        SELECT x, y, strict, loose, levenshtein(core_x, core_y) / greatest(strlen(core_x), strlen(core_y)) AS edits
        FROM gathered WHERE NOT few OR jaro_similarity(core_x, core_y) >= {_LIKENESS_OF_FEW_EDITS}
    )
    SELECT least(x, y) AS a, greatest(x, y) AS b, edits <= strict AS strict FROM counted WHERE edits <= loose
    UNION ALL
    SELECT least(x, y), greatest(x, y), strict = {ANY} FROM judged_pairs WHERE loose = {ANY}
"""

# Of the pairs that ask the same by their plain words, those whose numbers and marks do not say otherwise.
_STRICT: Final = f"""
    WITH gathered AS MATERIALIZED (
        SELECT a, b, f.marks AS marks_a, g.marks AS marks_b, f.numbers AS numbers_a, g.numbers AS numbers_b
        FROM judged JOIN forms f ON f.id = a JOIN forms g ON g.id = b WHERE strict
    )
    SELECT a, b FROM gathered
    WHERE numbers_a = numbers_b
        AND NOT list_has_any({only_plain("marks_a", "marks_b")}, {only_plain("marks_b", "marks_a")})
"""
