"""The table `forms` for numpy: what two texts are compared by before a letter is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.wordlists import WordLists, word_lists

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

_TEXTS_AT_ONCE: Final = 1 << 16
_KINDS: Final = 32
"""Kinds of bytes that are counted: the lower five bits tell the Latin letters apart."""


@dataclass(frozen=True)
class ComparedForms:
    """The forms in the order of their ids.

    Attributes:
        ids: shape (forms,).
        words: of the words of all cores, and after them of the content words of all forms.
        length: bytes of the core, int64, shape (forms,).
        squeezed: a hash of the core without its spaces, uint64, shape (forms,).
        bytes_of_kind: how many bytes of each kind the core has, at most 255, shape (forms, _KINDS), uint8.
    """

    ids: ndarray
    words: WordLists
    length: ndarray
    squeezed: ndarray
    bytes_of_kind: ndarray

    def rows(self, ids: ndarray) -> ndarray:
        """The rows of the forms with these ids."""
        import numpy as np

        return np.searchsorted(self.ids, ids)

    def core(self, rows: ndarray) -> tuple[ndarray, ndarray]:
        """Where the cores of forms start in `words.text`, and how many bytes they have."""
        return self.words.starts[self.words.first[rows]], self.length[rows]

    def same(self, x: ndarray, y: ndarray) -> ndarray:
        """Whether two cores differ in their spaces at most, shape (pairs,)."""
        same: ndarray = self.squeezed[x] == self.squeezed[y]
        return same

    def longer(self, x: ndarray, y: ndarray) -> ndarray:
        """Bytes of the longer core of each pair."""
        import numpy as np

        longer: ndarray = np.maximum(self.length[x], self.length[y])
        return longer

    def shorter(self, x: ndarray, y: ndarray) -> ndarray:
        """Bytes of the shorter core of each pair."""
        import numpy as np

        shorter: ndarray = np.minimum(self.length[x], self.length[y])
        return shorter

    def content_words(self, rows: ndarray) -> ndarray:
        """How many content words forms have."""
        count: ndarray = self.words.count[rows + len(self.ids)]
        return count

    def fewest_edits(self, x: ndarray, y: ndarray) -> ndarray:
        """Edits that two cores are apart at least: an edit takes one byte of a kind away, brings one, or both."""
        import numpy as np

        difference = self.bytes_of_kind[x].astype(np.int16) - self.bytes_of_kind[y]
        fewest: ndarray = np.maximum(difference.clip(0).sum(axis=1), -difference.clip(None, 0).sum(axis=1))
        return fewest


def compared_forms(connection: DuckDBPyConnection) -> ComparedForms:
    """Read the table `forms`."""
    import numpy as np

    found = connection.execute("""
        SELECT id, encode(core) AS core, encode(array_to_string(content, ' ')) AS content,
            hash(replace(core, ' ', '')) AS squeezed
        FROM forms ORDER BY id
    """).fetchnumpy()
    cores = found["core"].tolist()
    length = np.fromiter(map(len, cores), dtype=np.int64, count=len(cores))
    starts = range(0, len(cores), _TEXTS_AT_ONCE)
    kinds = [_bytes_of_kind(cores[at : at + _TEXTS_AT_ONCE], length[at : at + _TEXTS_AT_ONCE]) for at in starts]
    return ComparedForms(
        ids=found["id"],
        words=word_lists(cores + found["content"].tolist()),
        length=length,
        squeezed=found["squeezed"],
        bytes_of_kind=np.concatenate([np.empty((0, _KINDS), dtype=np.uint8), *kinds]),
    )


def _bytes_of_kind(texts: list[bytes], length: ndarray) -> ndarray:
    import numpy as np

    kinds = np.frombuffer(b"".join(texts), dtype=np.uint8) % _KINDS
    places = np.repeat(np.arange(len(texts)) * _KINDS, length) + kinds
    counts = np.bincount(places, minlength=len(texts) * _KINDS).reshape(len(texts), _KINDS)
    return np.minimum(counts, 255).astype(np.uint8)
