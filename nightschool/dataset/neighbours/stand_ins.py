"""Words that stand for each other, learned from the texts themselves: "fix" and "repair", "in what way" and "how".

Two texts that are the same but for "phone" here and "laptop" there are met as often; but what one says for "phone" is one time
"laptop", another time "camera", and of "fix" nearly always "repair".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.lacking import Lacking
from nightschool.dataset.neighbours.wordlists import WordLists

if TYPE_CHECKING:
    from numpy import ndarray

# Words of one text that may stand for words of the other, beside at least so many that both have.
_MOST_WORDS: Final = 5
_FEWEST_SHARED: Final = 2
# In so many contexts one must have stood for the other, and in this share of those in which anything stood for either.
_FEWEST_CONTEXTS: Final = 3
_SHARE_OF_CONTEXTS: Final = 1 / 3


def stand_ins(words: WordLists, found: Lacking) -> ndarray:
    """Whether the words in which two texts differ stand for each other, shape (pairs,).

    Args:
        words: of the pairs' texts.
        found: pairs of texts, without the words that say nothing.
    """
    import numpy as np

    more_x, more_y = found.more()
    more = np.maximum(more_x, more_y)
    few = (np.minimum(more_x, more_y) > 0) & (more <= _MOST_WORDS) & (found.shared >= np.maximum(_FEWEST_SHARED, more))
    rows = np.flatnonzero(few)
    x, y = (_sum(words, only[:, rows]) for only in (found.only_x, found.only_y))
    couples, nth, contexts = _contexts(np.minimum(x, y), np.maximum(x, y), found.content_x[rows] - x)
    of_either = _contexts_of_either(couples, contexts)
    alike = (contexts >= _FEWEST_CONTEXTS) & (contexts >= _SHARE_OF_CONTEXTS * of_either)
    stand = np.zeros(len(more), dtype=bool)
    stand[rows] = alike[nth]
    return stand


def _sum(words: WordLists, places: ndarray) -> ndarray:
    """Of the words of each pair a number that their order does not change."""
    import numpy as np

    found: ndarray = np.where(places >= 0, words.numbers[places], np.uint64(0)).sum(axis=0, dtype=np.uint64)
    return found


def _contexts(one: ndarray, other: ndarray, context: ndarray) -> tuple[ndarray, ndarray, ndarray]:
    """The different couples, shape (2, couples); which of them each pair has; in how many different contexts each was met."""
    import numpy as np

    couples, nth = np.unique(np.stack([one, other]), axis=1, return_inverse=True)
    nth = nth.reshape(-1)
    met = np.unique(np.stack([nth.astype(np.uint64), context]), axis=1)
    contexts = np.bincount(met[0].astype(np.int64), minlength=couples.shape[1])
    return couples, nth, contexts


def _contexts_of_either(couples: ndarray, contexts: ndarray) -> ndarray:
    """In how many contexts anything stood for the one of each couple, or for the other where these are more; shape (couples,)."""
    import numpy as np

    _, words = np.unique(couples, return_inverse=True)
    in_all = np.bincount(words.reshape(-1), weights=np.tile(contexts, 2))
    more: ndarray = in_all[words.reshape(couples.shape)].max(axis=0, initial=0)
    return more
