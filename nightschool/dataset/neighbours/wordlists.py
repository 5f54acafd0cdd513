"""Texts as lists of words for numpy: each word a number, beside what tells whether two words can be one mistyped.

A word's number is a hash of its bytes, alike in any process; what two numbers say to be different is different.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from numpy import ndarray

NOT_LATIN: Final = 1 << 31
"""In a word's letters: it has something else than a to z."""

_AT_ONCE: Final = 1 << 15
_SPACE: Final = 32
_FACTOR: Final = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class WordLists:
    """The words of many texts, one text after the other.

    Attributes:
        first: of each text, the place of its first word, int64.
        count: of each text, how many words it has, at least one, int64.
        numbers: of each word, what it is known by, uint64.
        letters: of each word, a bit for each of a to z that it has, and NOT_LATIN, uint32.
        starts: of each word, where it begins in `text`, int64; ends: where it ends.
        text: all texts, UTF-8.
    """

    first: ndarray
    count: ndarray
    numbers: ndarray
    letters: ndarray
    starts: ndarray
    ends: ndarray
    text: bytes

    def places(self, texts: ndarray, width: int) -> ndarray:
        """Places of the first `width` words of texts, shape (width, texts); a shorter text repeats its last word."""
        import numpy as np

        places: ndarray = self.first[texts] + np.minimum(np.arange(width)[:, None], self.count[texts] - 1)
        return places

    def word(self, place: int) -> str:
        """One word as it is written."""
        return self.text[self.starts[place] : self.ends[place]].decode()

    def with_others(self, texts: ndarray, others: WordLists) -> WordLists:
        """The same, with the lists of `others`, in their order, in place of those of some of the texts."""
        import numpy as np

        first, count = self.first.copy(), self.count.copy()
        first[texts], count[texts] = others.first + len(self.numbers), others.count
        numbers, letters = (np.concatenate([getattr(self, name), getattr(others, name)]) for name in ("numbers", "letters"))
        starts, ends = (
            np.concatenate([getattr(self, name), getattr(others, name) + len(self.text)]) for name in ("starts", "ends")
        )
        return WordLists(first, count, numbers, letters, starts, ends, self.text + others.text)


def word_lists(texts: Sequence[bytes]) -> WordLists:
    """The words of texts, which single spaces part; an empty text is one empty word."""
    import numpy as np

    text = b" ".join(texts) + b" "
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    after = np.cumsum(lengths)
    parts = list(_parts(np.frombuffer(text, dtype=np.uint8)[: int(lengths.sum())], after))
    ends, numbers, letters = (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else _no_words()
    last = np.searchsorted(ends, after - 1, side="right")
    first = np.concatenate([[0], last[:-1]])[: len(texts)]
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    return WordLists(first, last - first, numbers, letters, starts, ends, text)


def _parts(written: ndarray, after: ndarray) -> Iterator[tuple[ndarray, ndarray, ndarray]]:
    """Ends, numbers and letters of the words, for some texts at a time: the work takes ten times the text's memory.

    Args:
        written: the bytes of all texts, a space after each.
        after: where each text's space ends.
    """
    import numpy as np

    before = 0
    for stop in [*after[_AT_ONCE - 1 :: _AT_ONCE].tolist(), len(written)]:
        part = written[before:stop]
        ends = np.flatnonzero(part == _SPACE)
        if len(ends):
            starts = np.concatenate([[0], ends[:-1] + 1])
            # A space belongs to the word before it, so that no word is without a byte here.
            yield ends + before, _hashes(part, starts, ends), np.bitwise_or.reduceat(_bits()[part], starts)
        before = stop


def _no_words() -> tuple[ndarray, ...]:
    import numpy as np

    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint32)


def _hashes(written: ndarray, starts: ndarray, ends: ndarray) -> ndarray:
    """Of each word the sum of its bytes' values times powers of a factor, from differences of the running sum."""
    import numpy as np

    factor, inverse = np.uint64(_FACTOR), np.uint64(pow(_FACTOR, -1, 1 << 64))
    powers = np.cumprod(np.full(len(written), factor))
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(_values()[written] * powers)])
    undone = np.cumprod(np.full(len(written), inverse))
    hashes: ndarray = (sums[ends] - sums[starts]) * undone[starts]
    return hashes


def _values() -> ndarray:
    """A number for each byte, from a generator whose stream is fixed for good."""
    import numpy as np

    return np.random.Philox(key=4).random_raw(256)


def _bits() -> ndarray:
    """The bit of each byte: a to z, none for the space, NOT_LATIN for all else."""
    import numpy as np

    bits = np.full(256, NOT_LATIN, dtype=np.uint32)
    bits[ord("a") : ord("z") + 1] = np.uint32(1) << np.arange(26, dtype=np.uint32)
    bits[_SPACE] = 0
    return bits
