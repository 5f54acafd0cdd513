"""Proof that the sets do not overlap: the greatest likeness between two questions of different sets, looked for anew.

Independent of the rules by which the sets were made: the share of common character 4-grams (Jaccard index) of two questions,
accents and case taken away, whatever numbers they have and whichever way they were compared before.
"""

from __future__ import annotations

import zlib
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
    """One row a text, one column a 4-gram (by its checksum): 1 where the text has it."""
    import numpy as np
    from scipy.sparse import csr_array

    found = [
        sorted({zlib.crc32(text[at : at + _GRAM].encode()) % _GRAMS for at in range(max(1, len(text) - _GRAM + 1))})
        for text in map(_folded, texts)
    ]
    ends = np.cumsum([0, *map(len, found)])
    columns = np.concatenate([np.asarray(one, dtype=np.int32) for one in found])
    return csr_array((np.ones(len(columns), dtype=np.int32), columns, ends), shape=(len(texts), _GRAMS))


def _folded(text: str) -> str:
    import unicodedata

    plain = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
