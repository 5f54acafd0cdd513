"""In which words two texts differ, for many pairs of texts at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.wordlists import WordLists

if TYPE_CHECKING:
    from numpy import ndarray

MOST_WORDS: Final = 3
"""Words of the one that the other lacks, beyond which no rule takes two texts for one."""

# Where one text has more of its own words than the other, function words are looked at too: twice as many.
_MOST_REST: Final = 2 * MOST_WORDS
_PAIRS_AT_ONCE: Final = 1 << 14


@dataclass(frozen=True)
class Differing:
    """Pairs of texts, x and y, that differ in few content words; a column a pair.

    Attributes:
        pair: which of the given pairs, shape (pairs,).
        more_x: how many content words x has that y lacks, shape (pairs,); more_y the other way round.
        only_x: the places of these words, shape (MOST_WORDS, pairs), -1 where there are fewer; only_y likewise.
        rest_x: where more_x is not more_y, the places of all words of x that y lacks, if as many are lacking in x, shape
            (2 * MOST_WORDS, pairs), -1 where there are fewer; rest_y likewise.
    """

    pair: ndarray
    more_x: ndarray
    more_y: ndarray
    only_x: ndarray
    only_y: ndarray
    rest_x: ndarray
    rest_y: ndarray


def differing(words: WordLists, x: ndarray, y: ndarray, close: ndarray, *, texts: int) -> Differing:
    """Compare the words of texts x with those of texts y; pairs with the same content words, and such as differ in few.

    Args:
        words: of all words of each text, and after them of the content words of each text.
        x: the one text of each pair, shape (pairs,).
        y: the other.
        close: whether a pair matters where its content words are not the same, shape (pairs,).
        texts: how many texts there are.
    """
    import numpy as np

    parts = [_part(words, x[rows], y[rows], close[rows], texts, rows) for rows in of_one_width(words, x, y)]
    columns = (np.concatenate([getattr(part, column.name) for part in parts], axis=-1) for column in fields(Differing))
    return Differing(*columns)


def in_order(words: WordLists, x: ndarray, y: ndarray, *, texts: int) -> tuple[ndarray, ndarray]:
    """Whether the content words that both texts have stand in the same order, and whether all they have are the same.

    Two neighbours may have changed places; "from A to B" is not "from B to A". Shape (pairs,) each.
    """
    import numpy as np

    placed, equal = np.empty(len(x), dtype=bool), np.empty(len(x), dtype=bool)
    for rows in of_one_width(words, x + texts, y + texts):
        placed[rows], equal[rows] = _orders(TextWords(words, x[rows] + texts), TextWords(words, y[rows] + texts))
    return placed, equal


def of_one_width(words: WordLists, x: ndarray, y: ndarray) -> list[ndarray]:
    """Pairs in parts, so that texts of about as many words are together; one empty part where there are none."""
    import numpy as np

    order = np.argsort(np.maximum(words.count[x], words.count[y]), kind="stable")
    return [order[start : start + _PAIRS_AT_ONCE] for start in range(0, max(1, len(order)), _PAIRS_AT_ONCE)]


def _part(words: WordLists, x: ndarray, y: ndarray, close: ndarray, texts: int, pair: ndarray) -> Differing:
    """The same for pairs of about the same width."""
    import numpy as np

    content_x, content_y = TextWords(words, x + texts), TextWords(words, y + texts)
    all_x, all_y = TextWords(words, x), TextWords(words, y)
    lacks_x, lacks_y = content_x.without(all_y), content_y.without(all_x)
    more_x, more_y = lacks_x.sum(axis=0), lacks_y.sum(axis=0)
    few = (np.maximum(more_x, more_y) <= MOST_WORDS) & (close | (more_x + more_y == 0))
    pair, more_x, more_y = pair[few], more_x[few], more_y[few]
    content_x, content_y = content_x.of(few), content_y.of(few)
    rest_x, rest_y = _rest(all_x.of(few), all_y.of(few), more_x != more_y)
    only_x, only_y = content_x.chosen(lacks_x[:, few], MOST_WORDS), content_y.chosen(lacks_y[:, few], MOST_WORDS)
    return Differing(pair, more_x, more_y, only_x, only_y, rest_x, rest_y)


class TextWords:
    """Places of the words of some texts, and their numbers, shape (words, texts) each; a shorter text repeats its last word."""

    def __init__(self, words: WordLists, texts: ndarray) -> None:
        import numpy as np

        self.count = words.count[texts]
        self.places = words.places(texts, int(self.count.max(initial=1)))
        self.numbers = words.numbers[self.places]
        self.there = np.arange(len(self.places))[:, None] < self.count

    def of(self, some: ndarray) -> TextWords:
        """The same of some of the texts."""
        part = object.__new__(TextWords)
        part.count, part.places = self.count[some], self.places[:, some]
        part.numbers, part.there = self.numbers[:, some], self.there[:, some]
        return part

    def without(self, other: TextWords) -> ndarray:
        """Which words are not among the other texts' words, shape (words, texts)."""
        import numpy as np

        among = np.zeros(self.numbers.shape, dtype=bool)
        for row in other.numbers:
            among |= self.numbers == row
        lacking: ndarray = self.there & ~among
        return lacking

    def total(self) -> ndarray:
        """Of each text's words a number that their order does not change, shape (texts,)."""
        import numpy as np

        total: ndarray = np.where(self.there, self.numbers, np.uint64(0)).sum(axis=0, dtype=np.uint64)
        return total

    def chosen(self, which: ndarray, most: int) -> ndarray:
        """Places of the first words that are chosen, shape (most, texts), -1 where there are fewer."""
        import numpy as np

        places = np.full((most, which.shape[1]), -1, dtype=np.int64)
        place, text = np.nonzero(which)
        nth = (np.cumsum(which, axis=0) - 1)[place, text]
        early = nth < most
        places[nth[early], text[early]] = self.places[place[early], text[early]]
        return places


def _rest(all_x: TextWords, all_y: TextWords, uneven: ndarray) -> tuple[ndarray, ndarray]:
    """All words of x that y lacks and the other way round, where `uneven` and as many."""
    import numpy as np

    rest_x, rest_y = (np.full((_MOST_REST, len(uneven)), -1, dtype=np.int64) for _ in range(2))
    x, y = all_x.of(uneven), all_y.of(uneven)
    lacks_x, lacks_y = x.without(y), y.without(x)
    number = lacks_x.sum(axis=0)
    as_many = (number == lacks_y.sum(axis=0)) & (number <= _MOST_REST)
    rows = np.flatnonzero(uneven)[as_many]
    rest_x[:, rows] = x.of(as_many).chosen(lacks_x[:, as_many], _MOST_REST)
    rest_y[:, rows] = y.of(as_many).chosen(lacks_y[:, as_many], _MOST_REST)
    return rest_x, rest_y


def _orders(x: TextWords, y: TextWords) -> tuple[ndarray, ndarray]:
    """Whether the content words that both have stand in the same order, and whether there are no others."""
    common_x, common_y = x.there & ~x.without(y), y.there & ~y.without(x)
    most = int(max(common_x.sum(axis=0).max(initial=1), common_y.sum(axis=0).max(initial=1), 2))
    one, other = _numbered(x, common_x, most), _numbered(y, common_y, most)
    both = (one[1] & other[1]) & (one[0] != other[0])
    misplaced = both.sum(axis=0)
    crossed = (one[0][:-1] == other[0][1:]) & (one[0][1:] == other[0][:-1]) & one[1][1:] & other[1][1:]
    swapped = (misplaced == 2) & crossed.any(axis=0)
    equal = (x.count == y.count) & (common_x.sum(axis=0) == x.count) & (common_y.sum(axis=0) == y.count) & (misplaced == 0)
    return (misplaced == 0) | swapped, equal


def _numbered(words: TextWords, which: ndarray, most: int) -> tuple[ndarray, ndarray]:
    """Numbers of the chosen words, moved together, shape (most, texts), and where there are any."""
    import numpy as np

    numbers = np.zeros((most, which.shape[1]), dtype=np.uint64)
    place, text = np.nonzero(which)
    nth = (np.cumsum(which, axis=0) - 1)[place, text]
    numbers[nth, text] = words.numbers[place, text]
    return numbers, np.arange(most)[:, None] < which.sum(axis=0)
