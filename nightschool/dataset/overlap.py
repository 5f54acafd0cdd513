"""Proof that the sets do not overlap: the greatest likeness between two questions of different sets, looked for anew.

Independent of the rules by which the sets were made: the share of common character 4-grams (Jaccard index) of two questions,
accents and case taken away, whatever numbers they have and whichever way they were compared before.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from nightschool.records import Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

SETS = ("train", "validation", "held_out")
SAMPLE = 300
"""Questions of the one set that are looked at; drawn by the digests of their ids."""
AGAINST = 3_000
"""Questions of the other set that each of them is compared with."""
_GRAM = 4
_GRAMS = 1 << 20
_FACTOR = 0x9E3779B97F4A7C15


class Likeness(Record):
    """The greatest likeness between two sets, and where it was found."""

    between: tuple[str, str]
    greatest: float
    questions: tuple[str, str]
    compared: tuple[int, int]


def greatest_likenesses(connection: DuckDBPyConnection) -> list[Likeness]:
    """From `examples`: the greatest likeness between each two of the sets that have any example."""
    questions = {name: _questions(connection, name) for name in SETS}
    grams = {name: _grams(texts) for name, texts in questions.items() if texts}
    return [
        _greatest((one, other), questions[one][:SAMPLE], questions[other], _of_first(grams[one], SAMPLE), grams[other])
        for one, other in combinations(reversed(SETS), 2)
        if one in grams and other in grams
    ]


def _questions(connection: DuckDBPyConnection, name: str) -> list[str]:
    query = f"SELECT question FROM examples WHERE set = ? ORDER BY md5(example_id), example_id LIMIT {AGAINST}"
    return [row[0] for row in connection.execute(query, [name]).fetchall()]


def _of_first(grams: tuple[ndarray, ndarray], texts: int) -> tuple[ndarray, ndarray]:
    first = grams[0] < texts
    return grams[0][first], grams[1][first]


def _greatest(
    between: tuple[str, str],
    some: Sequence[str],
    others: Sequence[str],
    grams_of_some: tuple[ndarray, ndarray],
    grams_of_others: tuple[ndarray, ndarray],
) -> Likeness:
    import numpy as np

    (rows, grams), (other_rows, other_grams) = grams_of_some, grams_of_others
    shape = (len(some), len(others))
    common = _common(rows, grams, other_rows, other_grams, shape)
    sizes = np.bincount(rows, minlength=shape[0])[:, None] + np.bincount(other_rows, minlength=shape[1]) - common
    likeness = common / np.maximum(sizes, 1)
    one, other = np.unravel_index(int(np.argmax(likeness)), shape)
    pair = (some[int(one)], others[int(other)])
    return Likeness(between=between, greatest=round(float(likeness[one, other]), 3), questions=pair, compared=shape)


def _common(rows: ndarray, grams: ndarray, other_rows: ndarray, other_grams: ndarray, shape: tuple[int, int]) -> ndarray:
    """How many 4-grams each text of the one side has in common with each of the other."""
    import numpy as np

    order = np.argsort(other_grams, kind="stable")
    first, last = (np.searchsorted(other_grams[order], grams, side=side) for side in ("left", "right"))
    times = last - first
    # Each 4-gram of the one side beside all places of the other that have it.
    places = np.arange(times.sum()) + np.repeat(first - (np.cumsum(times) - times), times)
    pairs = np.repeat(rows, times) * shape[1] + other_rows[order[places]]
    common: ndarray = np.bincount(pairs, minlength=shape[0] * shape[1]).reshape(shape)
    return common


def _grams(texts: Sequence[str]) -> tuple[ndarray, ndarray]:
    """The different 4-grams of each text: the text's number and the 4-gram (its hash), in the order of the texts."""
    import numpy as np

    folded = [text.ljust(_GRAM) for text in _folded(texts)]
    letters = np.frombuffer("".join(folded).encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    hashes = np.zeros(len(letters) - _GRAM + 1, dtype=np.uint64)
    for place in range(_GRAM):
        hashes = (hashes + letters[place : len(hashes) + place]) * np.uint64(_FACTOR)
    ends = np.cumsum(np.fromiter(map(len, folded), dtype=np.int64, count=len(folded)))
    row = np.searchsorted(ends, np.arange(len(hashes)), side="right")
    # A 4-gram that begins in one text and ends in the next is none.
    whole = np.arange(len(hashes)) + _GRAM <= ends[row]
    cells = np.sort(row[whole] * _GRAMS + (hashes[whole] >> np.uint64(44)).astype(np.int64))
    cells = cells[np.concatenate([[True], cells[1:] != cells[:-1]])]
    return cells // _GRAMS, cells % _GRAMS


def _folded(texts: Sequence[str]) -> list[str]:
    """Texts without case, accents and doubled spaces."""
    import unicodedata

    # All in one: what is done for each letter of each text takes ten times as long.
    plain = unicodedata.normalize("NFD", "\n".join(" ".join(text.casefold().split()) for text in texts))
    marks = {ord(letter): None for letter in set(plain) if unicodedata.combining(letter)}
    return plain.translate(marks).split("\n")
