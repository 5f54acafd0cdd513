"""Which words each of two texts has that the other lacks, for many pairs at once, where these are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.differing import TextWords, of_one_width
from nightschool.dataset.neighbours.wordlists import WordLists

if TYPE_CHECKING:
    from numpy import ndarray

MOST_LACKING: Final = 12
"""Words of the one that the other lacks, beyond which two texts are not about the same."""


@dataclass
class Lacking:
    """Pairs of texts, x and y; a column a pair.

    Attributes:
        pair: which of the given pairs, shape (pairs,).
        shared: how many content words they share, shape (pairs,).
        only_x: the places of the content words of x that y lacks, shape (MOST_LACKING, pairs), -1 where there are fewer.
        only_y: the other way round.
        content_x: a number of the content words of x, which their order does not change, uint64, shape (pairs,).
        content_y: the same of y.
    """

    pair: ndarray
    shared: ndarray
    only_x: ndarray
    only_y: ndarray
    content_x: ndarray
    content_y: ndarray

    def more(self) -> tuple[ndarray, ndarray]:
        """How many words each has that the other lacks, shape (pairs,) each."""
        return (self.only_x >= 0).sum(axis=0), (self.only_y >= 0).sum(axis=0)

    def without_words(self, words: WordLists, numbers: ndarray) -> Lacking:
        """The same, as if neither had the words with these numbers beside what they share."""
        import numpy as np

        kept, content = [], []
        for only, number in ((self.only_x, self.content_x), (self.only_y, self.content_y)):
            gone = (only >= 0) & np.isin(words.numbers[only], numbers)
            kept.append(np.where(gone, -1, only))
            content.append(number - np.where(gone, words.numbers[only], np.uint64(0)).sum(axis=0, dtype=np.uint64))
        return Lacking(self.pair, self.shared, *kept, *content)

    @staticmethod
    def joined(parts: Sequence[Lacking]) -> Lacking:
        """Several as one."""
        import numpy as np

        columns = ([getattr(part, column.name) for part in parts] for column in fields(Lacking))
        return Lacking(*(np.concatenate(column, axis=-1) for column in columns))


def lacking(words: WordLists, x: ndarray, y: ndarray, *, texts: int) -> Lacking:
    """Compare texts x with texts y; pairs that share a content word and lack few.

    Args:
        words: of all words of each text, and after them of the content words of each text.
        x: the one text of each pair, shape (pairs,).
        y: the other.
        texts: how many texts there are.
    """
    return Lacking.joined([_part(words, x[rows], y[rows], texts, rows) for rows in of_one_width(words, x, y)])


def _part(words: WordLists, x: ndarray, y: ndarray, texts: int, pair: ndarray) -> Lacking:
    import numpy as np

    content_x, content_y = TextWords(words, x + texts), TextWords(words, y + texts)
    lacks_x, lacks_y = content_x.without(TextWords(words, y)), content_y.without(TextWords(words, x))
    more_x, more_y = lacks_x.sum(axis=0), lacks_y.sum(axis=0)
    shared = np.minimum(content_x.count - more_x, content_y.count - more_y)
    few = (np.maximum(more_x, more_y) <= MOST_LACKING) & (shared > 0)
    only_x, only_y = (
        content_x.of(few).chosen(lacks_x[:, few], MOST_LACKING),
        content_y.of(few).chosen(lacks_y[:, few], MOST_LACKING),
    )
    return Lacking(pair[few], shared[few], only_x, only_y, content_x.of(few).total(), content_y.of(few).total())
