"""How many edits two texts are apart, for many pairs at once.

Bit by bit: a column of the table of distances is one 64-bit number of each pair, so that a letter of the one text is compared
with all letters of the other in a dozen operations. Source: Hyyrö, "A Bit-Vector Algorithm for Computing Levenshtein and
Damerau Edit Distances" (2003), after Myers (1999).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from numpy import ndarray

LONGEST: Final = 64
"""Bytes of the one text; longer ones have more letters than a number has bits."""

_KINDS: Final = 256
# Their table of letters stays in the processor's cache.
_PAIRS_AT_ONCE: Final = 1 << 11


def edits(text: bytes, x: tuple[ndarray, ndarray], y: tuple[ndarray, ndarray]) -> ndarray:
    """Insertions, deletions and substitutions of bytes that lead from x to y, shape (pairs,).

    Args:
        text: what holds all texts.
        x: where each pair's one text starts, and how long it is, at most LONGEST bytes.
        y: the same of the other, of any length.
    """
    import numpy as np

    written = np.frombuffer(text, dtype=np.uint8)
    order = np.argsort(y[1], kind="stable")
    found = np.empty(len(order), dtype=np.int64)
    for start in range(0, len(order), _PAIRS_AT_ONCE):
        rows = order[start : start + _PAIRS_AT_ONCE]
        found[rows] = _edits(written, x[0][rows], x[1][rows], y[0][rows], y[1][rows])
    return found


def _edits(written: ndarray, start_x: ndarray, length_x: ndarray, start_y: ndarray, length_y: ndarray) -> ndarray:
    import numpy as np

    one, last = np.uint64(1), np.uint64(1) << (np.maximum(length_x, 1) - 1).astype(np.uint64)
    where = _places_of_letters(written, start_x, length_x)
    pairs = np.arange(len(start_x)) * _KINDS
    up, down = np.full(len(start_x), ~np.uint64(0)), np.zeros(len(start_x), dtype=np.uint64)
    distance = length_x.astype(np.int64)
    found = np.where(length_x == 0, length_y, distance)
    for place in range(int(length_y.max(initial=0))):
        letters = written[np.minimum(start_y + place, len(written) - 1)]
        equal = where[pairs + letters]
        diagonal = (((equal & up) + up) ^ up) | equal | down
        right_up, right_down = down | ~(diagonal | up), up & diagonal
        distance += (right_up & last) != 0
        distance -= (right_down & last) != 0
        right_up = (right_up << one) | one
        up, down = (right_down << one) | ~(diagonal | right_up), right_up & diagonal
        ends = (length_y == place + 1) & (length_x > 0)
        found[ends] = distance[ends]
    return found


def _places_of_letters(written: ndarray, start: ndarray, length: ndarray) -> ndarray:
    """For each pair and byte the places (bits) at which the text has it, shape (pairs * _KINDS,)."""
    import numpy as np

    where = np.zeros(len(start) * _KINDS, dtype=np.uint64)
    pairs = np.arange(len(start)) * _KINDS
    for place in range(int(length.max(initial=0))):
        there = length > place
        where[pairs[there] + written[start[there] + place]] |= np.uint64(1 << place)
    return where
