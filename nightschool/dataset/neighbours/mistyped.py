"""Words that stand in the same place of two texts: a slip of the finger, or another word?

Latin letters alone are judged: a sign less in Chinese, a digit or an operator more is another thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.differing import Differing
from nightschool.dataset.neighbours.wordlists import NOT_LATIN, WordLists

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

# How many times as common a word must be to be what was meant by another one in the same place of the same sentence.
_TIMES: Final = 8
_MOST_EDITS: Final = 2


def coupled(connection: DuckDBPyConnection, words: WordLists, found: Differing) -> tuple[ndarray, ndarray]:
    """Whether the words in which two texts differ are one by one slips of each other, surely, and maybe; shape (pairs,) each.

    Texts that differ in as many content words are compared by these, others by all words. Where they differ in none, or not
    in as many, neither holds.
    """
    import numpy as np

    even = np.where(found.more_x == found.more_y, found.only_x, -1)
    x, y = np.concatenate([even, found.rest_x]), np.concatenate([found.only_y, found.rest_y])
    couple, pair = np.nonzero(x >= 0)
    x, y = x[couple, pair], y[couple, pair]
    some = np.bincount(pair, minlength=len(found.pair)) > 0
    hopeless = _of_any(pair, ~may_be_slips(words, x, y), len(some))
    x, y, pair = (column[~hopeless[pair]] for column in (x, y, pair))
    surely, maybe = _slips(connection, words, x, y)
    # Of a function word the rule for content words asks too much: "is" and "in" are both common.
    surely = np.where(_among(words, x, found.only_x[:, pair]) & _among(words, y, found.only_y[:, pair]), surely, maybe)
    strict, loose = (some & ~hopeless & ~_of_any(pair, ~slip, len(some)) for slip in (surely, maybe))
    return strict, loose


def joined(connection: DuckDBPyConnection, words: WordLists, found: Differing) -> ndarray:
    """Whether the content words in which two texts differ are the same, parted otherwise, but for one edit; shape (pairs,)."""
    import numpy as np

    parted: ndarray = (found.more_x > 0) & (found.more_y > 0) & (found.more_x != found.more_y)
    (length_x, letters_x), (length_y, letters_y) = (_together(words, only) for only in (found.only_x, found.only_y))
    parted &= np.abs(length_x - length_y) <= 1
    parted &= np.bitwise_count((letters_x ^ letters_y) & np.uint32(NOT_LATIN - 1)) <= 2
    rows = np.flatnonzero(parted)
    x, y = (
        ["".join(words.word(place) for place in only if place >= 0) for only in side[:, rows].T]
        for side in (found.only_x, found.only_y)
    )
    one_edit = "SELECT levenshtein(one, other) <= 1 AS near FROM word_couples ORDER BY nth"
    parted[rows] = fetched(connection, one_edit, x, y)["near"]
    return parted


def _together(words: WordLists, places: ndarray) -> tuple[ndarray, ndarray]:
    """Bytes and letters of some words of each pair, taken together."""
    import numpy as np

    there = places >= 0
    length = np.where(there, words.ends[places] - words.starts[places], 0).sum(axis=0)
    letters = np.bitwise_or.reduce(np.where(there, words.letters[places], np.uint32(0)), axis=0)
    return length, letters


def _of_any(pair: ndarray, flag: ndarray, pairs: int) -> ndarray:
    """Whether the flag holds for any of a pair's couples."""
    import numpy as np

    found: ndarray = np.bincount(pair[flag], minlength=pairs) > 0
    return found


def _among(words: WordLists, places: ndarray, only: ndarray) -> ndarray:
    """Whether a word is one of its pair's."""
    among: ndarray = ((words.numbers[only] == words.numbers[places]) & (only >= 0)).any(axis=0)
    return among


def may_be_slips(words: WordLists, x: ndarray, y: ndarray) -> ndarray:
    """Whether words can be two edits apart at most: Latin ones with nearly the same letters, of nearly the same length."""
    import numpy as np

    letters_x, letters_y = words.letters[x], words.letters[y]
    lengths_apart = np.abs((words.ends[x] - words.starts[x]) - (words.ends[y] - words.starts[y]))
    latin = (letters_x | letters_y) < NOT_LATIN
    near: ndarray = latin & (lengths_apart <= _MOST_EDITS) & (np.bitwise_count(letters_x ^ letters_y) <= 2 * _MOST_EDITS)
    return near


def _slips(connection: DuckDBPyConnection, words: WordLists, x: ndarray, y: ndarray) -> tuple[ndarray, ndarray]:
    """Whether each word is surely, and whether it may be, a slip of the other one."""
    import numpy as np

    couple = words.numbers[x] * np.uint64(3) + words.numbers[y]
    _, first, inverse = np.unique(couple, return_index=True, return_inverse=True)
    one, other = ([words.word(place) for place in places[first].tolist()] for places in (x, y))
    found = fetched(connection, _SLIPS, one, other)
    return found["surely"][inverse], found["maybe"][inverse]


def fetched(connection: DuckDBPyConnection, query: str, one: list[str], other: list[str]) -> dict[str, ndarray]:
    """What a query answers about couples of words, `word_couples(nth, one, other)`."""
    import numpy as np

    connection.register(
        "word_couples", {"nth": np.arange(len(one)), "one": np.array(one, dtype=object), "other": np.array(other, dtype=object)}
    )
    try:
        found: dict[str, ndarray] = connection.execute(query).fetchnumpy()
    finally:
        connection.unregister("word_couples")
    return found


# "Damerau": two letters swapped are one slip.
_SLIPS: Final = f"""
    SELECT
        edits <= CASE WHEN length >= 8 THEN {_MOST_EDITS} ELSE 1 END
            AND ({_TIMES} * rarer <= commoner OR (rarer = 1 AND length >= 4)) AS surely,
        edits <= CASE WHEN length >= 6 THEN {_MOST_EDITS} ELSE 1 END AS maybe
    FROM (
        SELECT nth, damerau_levenshtein(one, other) AS edits, greatest(len(one), len(other)) AS length,
            least(coalesce(p.texts, 1), coalesce(q.texts, 1)) AS rarer,
            greatest(coalesce(p.texts, 1), coalesce(q.texts, 1)) AS commoner
        FROM word_couples LEFT JOIN word_counts p ON p.word = one LEFT JOIN word_counts q ON q.word = other
    )
    ORDER BY nth
"""
