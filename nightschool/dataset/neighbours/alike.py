"""Texts that are about the same, in whatever order and with whatever around it: too alike to stand in different sets.

A wording that is missed here puts one question both into training and into the exam; a pair that is too many costs at most one
question, which stands in no set. So this is looser than what makes two texts one question, and never makes them one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.compared_forms import ComparedForms
from nightschool.dataset.neighbours.lacking import Lacking, lacking
from nightschool.dataset.neighbours.light import light_words
from nightschool.dataset.neighbours.maybe_slips import without_slips
from nightschool.dataset.neighbours.parted import part_joined_words
from nightschool.dataset.neighbours.stand_ins import stand_ins
from nightschool.dataset.neighbours.wordlists import WordLists

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

_PAIRS_AT_ONCE: Final = 1 << 17
# Content words that two texts must share; one is enough where they share two digits or more.
_FEWEST_SHARED: Final = 2
_DIGITS_FOR_ONE: Final = 2
# How many words of its own each of two texts may have (another word for the same), where they share so many words, and so many
# digits: few questions have the same numbers.
_OTHER_WORDS: Final = ((2, 4, 4), (1, 5, 2))
# Numbers of so many digits, in at most so many texts, name one thing, an order or an invoice: whatever is asked of it.
_DIGITS_OF_A_NAME: Final = 4
_TEXTS_WITH_A_NAME: Final = 32


def add_alike(connection: DuckDBPyConnection, forms: ComparedForms, x: ndarray, y: ndarray) -> None:
    """Add to `loose_forms(a, b)` the pairs that are about the same.

    Args:
        connection: holds `forms` and `word_counts`.
        forms: what the table `forms` holds.
        x: rows of the one form of each candidate; a pair may come several times.
        y: rows of the other.
    """
    import numpy as np

    numbers, digits, rare = _numbers(connection)
    codes = np.minimum(x, y).astype(np.uint64) << np.uint64(32) | np.maximum(x, y).astype(np.uint64)
    codes = np.unique(codes[numbers[x] == numbers[y]])
    x, y = (codes >> np.uint64(32)).astype(np.int64), (codes & np.uint64(0xFFFFFFFF)).astype(np.int64)
    words = part_joined_words(connection, forms)
    found = _found(connection, words, x, y, texts=len(forms.ids))
    found = found.without_words(words, light_words(connection, words, found))
    decided = _decided(found, digits[x[found.pair]]) | stand_ins(words, found) | rare[x[found.pair]]
    about = found.pair[decided]
    connection.register("about", {"x": forms.ids[x[about]], "y": forms.ids[y[about]]})
    connection.execute("""
        INSERT INTO loose_forms SELECT least(x, y) AS a, greatest(x, y) AS b FROM about
        ANTI JOIN loose_forms l ON l.a = least(x, y) AND l.b = greatest(x, y)
    """)
    connection.unregister("about")


def _found(connection: DuckDBPyConnection, words: WordLists, x: ndarray, y: ndarray, *, texts: int) -> Lacking:
    """Pairs that lack few words, slips set aside."""
    parts = []
    for start in range(0, max(1, len(x)), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        part = lacking(words, x[some], y[some], texts=texts)
        part.pair += start
        parts.append(without_slips(connection, words, part))
    return Lacking.joined(parts)


def _decided(found: Lacking, digits: ndarray) -> ndarray:
    """By how many words each text has that the other lacks, how many they share, and the digits that they share."""
    import numpy as np

    more_x, more_y = found.more()
    shared = found.shared
    enough = (shared >= _FEWEST_SHARED) | ((shared >= 1) & (digits >= _DIGITS_FOR_ONE))
    within = (np.minimum(more_x, more_y) == 0) & (np.maximum(more_x, more_y) <= np.maximum(1, shared // 2))
    within |= more_x + more_y == 0
    for most, fewest, telling in _OTHER_WORDS:
        within |= (np.maximum(more_x, more_y) <= most) & (shared >= fewest) & (digits >= telling)
    decided: ndarray = enough & within
    return decided


def _numbers(connection: DuckDBPyConnection) -> tuple[ndarray, ndarray, ndarray]:
    """Of each form, by id, a hash of its sorted numbers, how many digits they have, and whether they name one thing."""
    found = connection.execute(f"""
        SELECT numbers, digits,
            digits >= {_DIGITS_OF_A_NAME} AND count(*) OVER (PARTITION BY numbers) <= {_TEXTS_WITH_A_NAME} AS rare
        FROM (
            SELECT id, hash(list_sort(string_split(numbers, ' '))) AS numbers, len(replace(numbers, ' ', '')) AS digits FROM forms
        )
        ORDER BY id
    """).fetchnumpy()
    return found["numbers"], found["digits"], found["rare"]
