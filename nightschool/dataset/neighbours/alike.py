"""Texts that are about the same, in whatever order and with whatever around it: too alike to stand in different sets.

A wording that is missed here puts one question both into training and into the exam; a pair that is too many costs at most one
question, which stands in no set. So this is looser than what makes two texts one question, and never makes them one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.compared_forms import ComparedForms
from nightschool.dataset.neighbours.lacking import Lacking, lacking
from nightschool.dataset.neighbours.mistyped import fetched, may_be_slips
from nightschool.dataset.neighbours.parted import part_joined_words
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
# A word is light that was all that one text had more than another, in so many contexts and in this share of its texts.
_FEWEST_CONTEXTS: Final = 3
_SHARE_OF_TEXTS: Final = 0.1
_MOST_LIGHT: Final = 4


def add_alike(connection: DuckDBPyConnection, forms: ComparedForms, x: ndarray, y: ndarray) -> None:
    """Add to `loose_forms(a, b)` the pairs that are about the same.

    Args:
        connection: holds `forms` and `word_counts`.
        forms: what the table `forms` holds.
        x: rows of the one form of each candidate; a pair may come several times.
        y: rows of the other.
    """
    import numpy as np

    numbers, digits = _numbers(connection)
    codes = np.minimum(x, y).astype(np.uint64) << np.uint64(32) | np.maximum(x, y).astype(np.uint64)
    codes = np.unique(codes[numbers[x] == numbers[y]])
    x, y = (codes >> np.uint64(32)).astype(np.int64), (codes & np.uint64(0xFFFFFFFF)).astype(np.int64)
    words = part_joined_words(connection, forms)
    found = _found(connection, words, x, y, texts=len(forms.ids))
    light = _light_words(connection, words, found, x[found.pair], y[found.pair], texts=len(forms.ids))
    about = found.pair[_decided(found.without_words(words, light), digits[x[found.pair]])]
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
        parts.append(_without_slips(connection, words, part))
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


def _numbers(connection: DuckDBPyConnection) -> tuple[ndarray, ndarray]:
    """Of each form, by id, a hash of its sorted numbers, and how many digits they have."""
    found = connection.execute("""
        SELECT hash(list_sort(string_split(numbers, ' '))) AS numbers, len(replace(numbers, ' ', '')) AS digits
        FROM forms ORDER BY id
    """).fetchnumpy()
    return found["numbers"], found["digits"]


def _without_slips(connection: DuckDBPyConnection, words: WordLists, found: Lacking) -> Lacking:
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


_SLIPS: Final = """
    SELECT (damerau_levenshtein(one, other) <= CASE WHEN greatest(len(one), len(other)) >= 8 THEN 2 ELSE 1 END
        AND greatest(len(one), len(other)) >= 3 AND least(coalesce(p.texts, 1), coalesce(q.texts, 1)) <= 2)
        OR (least(len(one), len(other)) >= 4 AND (one = other || 's' OR other = one || 's')) AS slip
    FROM word_couples LEFT JOIN word_counts p ON p.word = one LEFT JOIN word_counts q ON q.word = other
    ORDER BY nth
"""


def _light_words(
    connection: DuckDBPyConnection, words: WordLists, found: Lacking, x: ndarray, y: ndarray, *, texts: int
) -> ndarray:
    """Numbers of the words that say nothing, learned from the texts themselves: what is said with a question and without it.

    Args:
        connection: holds `word_counts`.
        words: of all words of each text, and after them of the content words of each text.
        found: pairs of texts.
        x: the one text of each.
        y: the other.
        texts: how many texts there are.
    """
    import numpy as np

    more_x, more_y = found.more()
    contained = (np.minimum(more_x, more_y) == 0) & (found.shared >= _FEWEST_SHARED)
    contained &= (np.maximum(more_x, more_y) >= 1) & (np.maximum(more_x, more_y) <= _MOST_LIGHT)
    rows = np.flatnonzero(contained)
    inner = np.where(more_x[rows] == 0, x[rows], y[rows])
    context = _sums(words)[inner + texts]
    extra = np.concatenate([found.only_x[:, rows], found.only_y[:, rows]])
    which, pair = np.nonzero(extra >= 0)
    met = np.stack([words.numbers[extra[which, pair]], context[pair]])
    _, at = np.unique(met, axis=1, return_index=True)
    numbers, first, contexts = np.unique(met[0, at], return_index=True, return_counts=True)
    places = extra[which, pair][at][first]
    often = contexts >= _FEWEST_CONTEXTS
    numbers, places, contexts = numbers[often], places[often], contexts[often]
    named = [words.word(place) for place in places.tolist()]
    texts_with = fetched(connection, _TEXTS, named, named)["texts"]
    spelled = np.array([not any(letter.isdigit() for letter in word) for word in named], dtype=bool)
    light: ndarray = numbers[spelled & (contexts >= _SHARE_OF_TEXTS * texts_with)]
    return light


_TEXTS: Final = """
    SELECT coalesce(texts, 1) AS texts FROM word_couples LEFT JOIN word_counts ON word = one ORDER BY nth
"""


def _sums(words: WordLists) -> ndarray:
    """Of each list of words a number that its order does not change, shape (lists,)."""
    import numpy as np

    before = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(words.numbers)])
    sums: ndarray = before[words.first + words.count] - before[words.first]
    return sums
