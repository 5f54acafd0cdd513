"""Slips of the finger in texts that are about the same: what is surely another word is left, what may be a slip is not.

Looser than `mistyped`, which decides what makes two texts one question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.lacking import Lacking
from nightschool.dataset.neighbours.mistyped import fetched, may_be_slips
from nightschool.dataset.neighbours.wordlists import WordLists

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

# In how many texts a word may be that is a slip whatever it is beside, and how many times as common another is that was meant.
_HARDLY_A_WORD: Final = 2
_TIMES: Final = 8


def without_slips(connection: DuckDBPyConnection, words: WordLists, found: Lacking) -> Lacking:
    """The same without the words that are slips of each other, each of one word: these the texts share."""
    import numpy as np

    some_x, some_y = range(len(found.only_x)), range(len(found.only_y))
    couples = [(a, b, _couples(words, found, a, b)) for a in some_x for b in some_y]
    x = np.concatenate([found.only_x[a, rows] for a, _, rows in couples])
    y = np.concatenate([found.only_y[b, rows] for _, b, rows in couples])
    slip = _slips(connection, words, x, y)
    ends = np.cumsum([len(rows) for *_, rows in couples])
    for (a, b, rows), end in zip(couples, ends, strict=True):
        still = slip[end - len(rows) : end] & (found.only_x[a, rows] >= 0) & (found.only_y[b, rows] >= 0)
        found.only_x[a, rows[still]] = found.only_y[b, rows[still]] = -1
        found.shared[rows[still]] += 1
    return found


def _couples(words: WordLists, found: Lacking, a: int, b: int) -> ndarray:
    """Pairs whose a-th word of x can be a slip of their b-th word of y."""
    import numpy as np

    rows = np.flatnonzero((found.only_x[a] >= 0) & (found.only_y[b] >= 0))
    near: ndarray = rows[may_be_slips(words, found.only_x[a, rows], found.only_y[b, rows])]
    return near


def _slips(connection: DuckDBPyConnection, words: WordLists, x: ndarray, y: ndarray) -> ndarray:
    """Whether each word is one slip away from the other (two where they are long), and the rarer one hardly a word."""
    import numpy as np

    _, first, inverse = np.unique(words.numbers[x] * np.uint64(3) + words.numbers[y], return_index=True, return_inverse=True)
    one, other = ([words.word(place) for place in places[first].tolist()] for places in (x, y))
    slips: ndarray = fetched(connection, _SLIPS, one, other)["slip"][inverse]
    return slips


_SLIPS: Final = f"""
    SELECT (damerau_levenshtein(one, other) <= CASE WHEN greatest(len(one), len(other)) >= 8 THEN 2 ELSE 1 END
            AND greatest(len(one), len(other)) >= 3
            AND (rarer <= {_HARDLY_A_WORD} OR {_TIMES} * rarer <= commoner))
        OR (least(len(one), len(other)) >= 4 AND (one = other || 's' OR other = one || 's')) AS slip
    FROM (
        SELECT nth, one, other, least(coalesce(p.texts, 1), coalesce(q.texts, 1)) AS rarer,
            greatest(coalesce(p.texts, 1), coalesce(q.texts, 1)) AS commoner
        FROM word_couples LEFT JOIN word_counts p ON p.word = one LEFT JOIN word_counts q ON q.word = other
    )
    ORDER BY nth
"""
