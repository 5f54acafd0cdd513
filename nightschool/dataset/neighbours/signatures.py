"""MinHash signatures: two texts that share most of their 4-grams share some of these numbers.

They are kept in the ledger, so that a text is signed once; what decides them (4-grams of bytes, 72 permutations, 24 bands of
3) is fixed, and the same on every machine. numpy and not SQL: 72 minima of a text's 4-grams cost a tenth there.

Source: Broder, "On the resemblance and containment of documents" (1997); Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", chapter 3 (bands).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from numpy import ndarray

ROWS: Final = 3
BANDS: Final = 24
KEYS: Final = BANDS + 1
"""Numbers in a signature: one for each band, and one for the whole core."""

# 4-grams that are worked on at once: their matrix stays in the processor's cache.
_CELLS: Final = 1 << 17


def signatures_of(cores: Sequence[bytes], digests: ndarray, salts: ndarray) -> ndarray:
    """The signatures of texts, one a row: shape (texts, KEYS), uint32.

    Args:
        cores: what each text asks, UTF-8.
        digests: 32 bits of the core's digest, uint32, shape (texts,).
        salts: 32 bits of the digest of the numbers in it, uint32, shape (texts,): texts with other numbers share nothing.
    """
    import numpy as np

    lengths = np.fromiter(map(len, cores), dtype=np.int64, count=len(cores))
    signatures = np.empty((len(cores), KEYS), dtype=np.uint32)
    order = np.argsort(lengths, kind="stable")
    for rows in _parts(order, lengths[order]):
        minima = _minima([cores[row] for row in rows.tolist()])
        signatures[rows, :BANDS] = _bands(minima) ^ salts[rows, None]
    signatures[:, BANDS] = digests ^ salts
    return signatures


def _parts(order: ndarray, lengths: ndarray) -> Iterator[ndarray]:
    """The texts, shortest first, in parts of about `_CELLS` 4-grams."""
    start = 0
    while start < len(order):
        stop = start + max(1, _CELLS // max(int(lengths[min(start + 1024, len(order) - 1)]), 8))
        yield order[start:stop]
        start = stop


def _minima(texts: Sequence[bytes]) -> ndarray:
    """For each permutation (row) and text (column) the smallest 4-gram, shape (ROWS * BANDS, texts), uint32."""
    import numpy as np

    # Four bytes at least, and a space at both ends: how words begin and end counts.
    padded = [b" " + text.ljust(2) + b" " for text in texts]
    starts = np.cumsum([0, *map(len, padded)])[:-1]
    last = np.fromiter(map(len, padded), dtype=np.int64, count=len(padded)) - 4
    # Rows are places in a text: shorter texts repeat their last 4-gram, which changes no minimum.
    places = starts + np.minimum(np.arange(int(last.max()) + 1)[:, None], last)
    grams = mixed(_grams(b"".join(padded)))[places]
    minima = np.empty((ROWS * BANDS, len(texts)), dtype=np.uint32)
    scratch = np.empty_like(grams)
    for row, factor in enumerate(_factors()):
        np.multiply(grams, factor, out=scratch)
        np.min(scratch, axis=0, out=minima[row])
    return minima


def _grams(text: bytes) -> ndarray:
    """Each run of four bytes as a number, whatever the machine's byte order."""
    import numpy as np

    letters = np.frombuffer(text, dtype=np.uint8).astype(np.uint32)
    grams: ndarray = letters[:-3] | letters[1:-2] << 8 | letters[2:-1] << 16 | letters[3:] << 24
    return grams


def mixed(values: ndarray) -> ndarray:
    """MurmurHash3's finalizer: every bit of the result depends on every bit of the value."""
    import numpy as np

    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        values = (values ^ (values >> np.uint32(shift))) * np.uint32(factor)
    mixed: ndarray = values ^ (values >> np.uint32(16))
    return mixed


def _factors() -> ndarray:
    """Odd numbers: multiplying by one permutes the 32-bit numbers. From a generator whose stream is fixed for good."""
    import numpy as np

    return np.random.Philox(key=20_261_123).random_raw(ROWS * BANDS).astype(np.uint32) | np.uint32(1)


def _bands(minima: ndarray) -> ndarray:
    """Three minima in one number: shape (texts, BANDS)."""
    import numpy as np

    keys = np.zeros((BANDS, minima.shape[1]), dtype=np.uint32)
    for row in range(ROWS):
        keys = mixed((keys ^ minima[row::ROWS]) + np.uint32(0x9E3779B9))
    return keys.T
