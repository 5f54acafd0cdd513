"""Proof that the sets do not overlap: the greatest likeness between two questions of different sets, looked for anew.

Independent of the rules by which the sets were made: the share of common character 4-grams (Jaccard index) of two questions,
accents and case taken away, whatever numbers they have and whichever way they were compared before.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from nightschool.records import Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from scipy.sparse import csr_array

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
    return [
        _greatest((one, other), questions[one][:SAMPLE], questions[other])
        for one, other in combinations(reversed(SETS), 2)
        if questions[one] and questions[other]
    ]


def _questions(connection: DuckDBPyConnection, name: str) -> list[str]:
    query = f"SELECT question FROM examples WHERE set = ? ORDER BY md5(example_id), example_id LIMIT {AGAINST}"
    return [row[0] for row in connection.execute(query, [name]).fetchall()]


def _greatest(between: tuple[str, str], some: Sequence[str], others: Sequence[str]) -> Likeness:
    import numpy as np

    one, other = _grams(some), _grams(others)
    common = (one @ other.T).tocoo()
    sizes = np.diff(one.indptr)[common.row] + np.diff(other.indptr)[common.col] - common.data
    likeness = common.data / np.maximum(sizes, 1)
    compared = (len(some), len(others))
    if not len(likeness):
        return Likeness(between=between, greatest=0.0, questions=(some[0], others[0]), compared=compared)
    at = int(np.argmax(likeness))
    pair = (some[int(common.row[at])], others[int(common.col[at])])
    return Likeness(between=between, greatest=round(float(likeness[at]), 3), questions=pair, compared=compared)


def _grams(texts: Sequence[str]) -> csr_array[Any]:
    """One row a text, one column a 4-gram (by its hash): 1 where the text has it."""
    import numpy as np
    from scipy.sparse import csr_array

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
    starts = np.searchsorted(cells, np.arange(len(texts) + 1) * _GRAMS)
    columns = (cells % _GRAMS).astype(np.int32)
    return csr_array((np.ones(len(cells), dtype=np.int32), columns, starts), shape=(len(texts), _GRAMS))


def _folded(texts: Sequence[str]) -> list[str]:
    """Texts without case, accents and doubled spaces."""
    import unicodedata

    # All in one: what is done for each letter of each text takes ten times as long.
    plain = unicodedata.normalize("NFD", "\n".join(" ".join(text.casefold().split()) for text in texts))
    marks = {ord(letter): None for letter in set(plain) if unicodedata.combining(letter)}
    return plain.translate(marks).split("\n")
