"""What texts are about, in whatever order it is said: keys by which such texts meet.

The bands of `signatures` follow the letters, so that a clause which changed places, or politeness of another kind, parts two
short texts. Here the words that say something are taken as a set, beside the numbers as a set.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.candidates import pairs_of_band
from nightschool.dataset.neighbours.signatures import mixed
from nightschool.dataset.neighbours.wordlists import word_lists

if TYPE_CHECKING:
    from numpy import ndarray

_BANDS: Final = 6
_ROWS: Final = 2
TOPIC_KEYS: Final = _BANDS + 1
"""Numbers by which texts meet: two words in each of six, and all numbers of the text where these are `TELLING_DIGITS`."""

TELLING_DIGITS: Final = 3
"""Digits of a text's numbers, taken together, from which on few texts have the same."""

_SLOTS: Final = 1 << 22


def topic_keys(contents: Sequence[bytes], digests: ndarray, salts: ndarray, digits: ndarray) -> ndarray:
    """The keys of texts, one a row: shape (texts, TOPIC_KEYS), uint32.

    Args:
        contents: the content words of each text, UTF-8.
        digests: 32 bits of the text's digest, uint32, shape (texts,).
        salts: 32 bits of the digest of its numbers, sorted, uint32, shape (texts,): texts with other numbers share nothing.
        digits: how many digits its numbers have, shape (texts,).
    """
    import numpy as np

    keys = np.empty((len(contents), TOPIC_KEYS), dtype=np.uint32)
    words = word_lists(contents)
    for band, factors in enumerate(_factors().reshape(_BANDS, _ROWS)):
        key = salts.astype(np.uint32)
        for factor in factors:
            smallest = np.minimum.reduceat((words.numbers * factor) >> np.uint64(32), words.first)
            key = mixed((key ^ smallest.astype(np.uint32)) + np.uint32(band + 1))
        keys[:, band] = key
    keys[:, _BANDS] = mixed(np.where(digits >= TELLING_DIGITS, salts, digests).astype(np.uint32) + np.uint32(_BANDS + 1))
    return keys


def pairs_about_the_same(keys: ndarray, known: int) -> tuple[ndarray, ndarray]:
    """Rows of pairs that share a key, each once, the smaller row first; known texts, which come first, not among themselves."""
    import numpy as np

    found = [codes for key in keys.T for codes in pairs_of_band(key, known)]
    codes = np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *found]))
    return (codes >> np.uint64(32)).astype(np.int64), (codes & np.uint64(0xFFFFFFFF)).astype(np.int64)


def meets_any(known: ndarray, new: ndarray) -> ndarray:
    """Whether a known text shares a key with any of the new ones (and of a few others), shape (known texts,)."""
    import numpy as np

    met = np.zeros(len(known), dtype=bool)
    for known_key, new_key in zip(known.T, new.T, strict=True):
        slots = np.zeros(_SLOTS, dtype=bool)
        slots[new_key % _SLOTS] = True
        met |= slots[known_key % _SLOTS]
    return met


def _factors() -> ndarray:
    """Odd numbers, from a generator whose stream is fixed for good."""
    import numpy as np

    return np.random.Philox(key=20_261_124).random_raw(_BANDS * _ROWS) | np.uint64(1)
