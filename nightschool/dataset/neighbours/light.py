"""Words that say nothing, learned from the texts themselves: what is said with a question and without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.lacking import Lacking
from nightschool.dataset.neighbours.mistyped import fetched
from nightschool.dataset.neighbours.wordlists import WordLists

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

# A word is light that was, with a few others, all that one text had more than another, in so many contexts and in this share of
# its texts. So many words a sentence of circumstance may have ("my brother told me to ask here").
_FEWEST_CONTEXTS: Final = 3
_SHARE_OF_TEXTS: Final = 0.1
_MOST_WORDS: Final = 8
_FEWEST_SHARED: Final = 2


def light_words(connection: DuckDBPyConnection, words: WordLists, found: Lacking) -> ndarray:
    """Numbers of the light words.

    Args:
        connection: holds `word_counts`.
        words: of the pairs' texts.
        found: pairs of texts.
    """
    import numpy as np

    more_x, more_y = found.more()
    contained = (np.minimum(more_x, more_y) == 0) & (found.shared >= _FEWEST_SHARED)
    contained &= (np.maximum(more_x, more_y) >= 1) & (np.maximum(more_x, more_y) <= _MOST_WORDS)
    rows = np.flatnonzero(contained)
    context = np.where(more_x == 0, found.content_x, found.content_y)[rows]
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
