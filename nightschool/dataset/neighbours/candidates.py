"""Which texts are worth comparing: those that share two bands or more. Linear in the texts, however many are alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.signatures import KEYS

if TYPE_CHECKING:
    from numpy import ndarray

BUCKET: Final = 32
"""Texts in one bucket of which each is compared with each."""

NEIGHBOURS: Final = 4
"""In a larger bucket, how many of the following texts each is compared with: a template of 10⁵ texts stays linear."""

FEWEST_BANDS: Final = 2
"""Bands that two texts must share: those that share one are most of the candidates and 1 % of what is found."""

FEWEST_BANDS_WITH_KNOWN: Final = 3
"""A known question has several wordings in the ledger; one of them is near enough, and a night looks at fewer of them."""

_MOST_SLOTS: Final = 1 << 22
_SLOTS_OF_A_KEY: Final = 64


def candidate_pairs(signatures: ndarray, known: int) -> tuple[ndarray, ndarray, ndarray]:
    """Pairs of texts that share enough bands, each once, the smaller row first.

    Args:
        signatures: shape (texts, KEYS), uint32; the rows of known texts first.
        known: how many rows are known texts'; these are not paired among themselves.

    Returns:
        The rows of the one, the rows of the other, and how many bands they share (the whole core counts as one more).
    """
    import numpy as np

    found = [codes for key in range(KEYS) for codes in pairs_of_band(signatures[:, key], known)]
    codes, shared = _repeated(np.concatenate([np.empty(0, dtype=np.uint64), *found]))
    first, second = (codes >> np.uint64(32)).astype(np.int64), (codes & np.uint64(0xFFFFFFFF)).astype(np.int64)
    enough = shared >= np.where(first < known, FEWEST_BANDS_WITH_KNOWN, FEWEST_BANDS)
    return first[enough], second[enough], shared[enough]


def _repeated(codes: ndarray) -> tuple[ndarray, ndarray]:
    """Those that come twice or more, and how often; most come once. The codes are sorted in place."""
    import numpy as np

    codes.sort()
    again = np.concatenate([[False], codes[1:] == codes[:-1], [False]])
    starts, ends = np.flatnonzero(again[1:] & ~again[:-1]), np.flatnonzero(again[:-1] & ~again[1:])
    return codes[starts], ends - starts + 1


def meeting(known: ndarray, new: ndarray) -> ndarray:
    """Whether a known signature shares enough bands with the new ones taken together (and a few others), shape (known,).

    A night's questions meet few of the ledger's: asking small tables for each of these is cheaper than sorting them all.
    """
    import numpy as np

    shared = np.zeros(len(known), dtype=np.uint8)
    for key in range(KEYS):
        shared += _met(known[:, key], new[:, key])
    enough: ndarray = shared >= FEWEST_BANDS_WITH_KNOWN
    return enough


def _met(known: ndarray, new: ndarray) -> ndarray:
    """Which of the known keys are among the new ones, and a few others, shape (known,)."""
    import numpy as np

    # Few keys have few slots: these stay in the processor's cache.
    last = np.uint32(min(_MOST_SLOTS, 1 << (_SLOTS_OF_A_KEY * len(new)).bit_length()) - 1)
    slots = np.zeros(int(last) + 1, dtype=bool)
    slots[new & last] = True
    met: ndarray = slots[known & last]
    return met


def pairs_of_band(keys: ndarray, known: int) -> Iterator[ndarray]:
    """The pairs of one band as numbers: the first row in the upper 32 bits, the second in the lower."""
    import numpy as np

    some = np.arange(len(keys), dtype=np.uint64)
    if known:
        some = np.concatenate([np.flatnonzero(_met(keys[:known], keys[known:])).astype(np.uint64), some[known:]])
    # Key and row in one number: sorting that is several times faster than sorting rows by their key.
    ordered = np.sort(keys[some].astype(np.uint64) << np.uint64(32) | some)
    rows, bucket, size = _buckets(ordered, known)
    for step in range(1, BUCKET):
        together = bucket[step:] == bucket[:-step]
        if step > NEIGHBOURS:
            together &= size[step:] <= BUCKET
        if not together.any():
            return
        first, second = rows[:-step][together], rows[step:][together]
        fresh = second >= known
        yield first[fresh] << np.uint64(32) | second[fresh]


def _buckets(ordered: ndarray, known: int) -> tuple[ndarray, ndarray, ndarray]:
    """Of the rows in buckets of several, a new one among them: the row, its bucket's number and that bucket's size."""
    import numpy as np

    keys, rows = ordered >> np.uint64(32), ordered & np.uint64(0xFFFFFFFF)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    sizes = np.diff(np.append(starts, len(keys)))
    # Rows are in order within a bucket, and new ones come last.
    newest = rows[starts + sizes - 1] if len(rows) else rows
    size = np.repeat(sizes, sizes)
    wanted = (size > 1) & np.repeat(newest >= known, sizes)
    return rows[wanted], np.repeat(np.arange(len(sizes)), sizes)[wanted], size[wanted]
