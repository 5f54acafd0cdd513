"""The comparison itself: which candidates ask the same.

Whether two words are equal is all that most candidates need; the rest are compared letter by letter. numpy does both for many
pairs at once, in a quarter of the time that the database takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.allowing import ANY, Candidates, allowed
from nightschool.dataset.neighbours.compared_forms import ComparedForms
from nightschool.dataset.neighbours.edits import LONGEST, edits
from nightschool.dataset.neighbours.spelling import only_plain
from nightschool.records import NeighbourPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

# Rows worked on at once, so that memory hardly grows with the window.
_PAIRS_AT_ONCE: Final = 1 << 18


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
    parts = [_judged(connection, policy, forms, pairs.of(slice(start, start + _PAIRS_AT_ONCE))) for start in starts]
    x, y, strict = (np.concatenate(column) for column in zip(*parts, strict=True))
    connection.register("judged", {"x": forms.ids[x], "y": forms.ids[y], "strict": strict})
    try:
        connection.execute("CREATE TABLE loose_forms AS SELECT least(x, y) AS a, greatest(x, y) AS b FROM judged")
        connection.execute(f"CREATE TABLE strict_forms AS {_STRICT}")
    finally:
        connection.unregister("judged")


def _judged(
    connection: DuckDBPyConnection, policy: NeighbourPolicy, forms: ComparedForms, pairs: Candidates
) -> tuple[ndarray, ndarray, ndarray]:
    """Rows of the one form and of the other of each loose pair, and whether their plain words ask the same."""
    import numpy as np

    near = allowed(connection, policy, forms, pairs)
    share = np.zeros(len(near.x))
    open_ones = np.flatnonzero(near.loose < ANY)
    x, y = near.x[open_ones], near.y[open_ones]
    share[open_ones] = _edits(connection, forms, x, y) / forms.longer(x, y)
    loose, strict = share <= near.loose, share <= near.strict
    return near.x[loose], near.y[loose], strict[loose]


def _edits(connection: DuckDBPyConnection, forms: ComparedForms, x: ndarray, y: ndarray) -> ndarray:
    """Edits between the cores of each pair, shape (pairs,)."""
    import numpy as np

    shorter = forms.length[x] <= forms.length[y]
    x, y = np.where(shorter, x, y), np.where(shorter, y, x)
    found = np.empty(len(x), dtype=np.int64)
    short = forms.length[x] <= LONGEST
    found[short] = edits(forms.words.text, forms.core(x[short]), forms.core(y[short]))
    if not short.all():
        long = {"nth": np.arange(len(x))[~short], "x": forms.ids[x[~short]], "y": forms.ids[y[~short]]}
        connection.register("long_pairs", long)
        found[~short] = connection.execute(_EDITS).fetchnumpy()["edits"]
        connection.unregister("long_pairs")
    return found


_EDITS: Final = """
    SELECT levenshtein(f.core, g.core) AS edits
    FROM long_pairs JOIN forms f ON f.id = x JOIN forms g ON g.id = y ORDER BY nth
"""

# The join stands alone (MATERIALIZED): an equality of the comparison must not become a join key.
# Of the pairs that ask the same by their plain words, those whose numbers and marks do not say otherwise.
_STRICT: Final = f"""
    WITH gathered AS MATERIALIZED (
        SELECT least(x, y) AS a, greatest(x, y) AS b,
            f.marks AS marks_a, g.marks AS marks_b, f.numbers AS numbers_a, g.numbers AS numbers_b
        FROM judged JOIN forms f ON f.id = x JOIN forms g ON g.id = y WHERE strict
    )
    SELECT a, b FROM gathered
    WHERE numbers_a = numbers_b
        AND NOT list_has_any({only_plain("marks_a", "marks_b")}, {only_plain("marks_b", "marks_a")})
"""
