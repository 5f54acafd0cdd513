"""Near neighbours of a window's questions, among themselves and among those that the ledger knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.alike import add_alike
from nightschool.dataset.neighbours.allowing import Candidates
from nightschool.dataset.neighbours.candidates import candidate_pairs, meeting
from nightschool.dataset.neighbours.compared_forms import compared_forms
from nightschool.dataset.neighbours.comparing import compare
from nightschool.dataset.neighbours.forms import add_known_forms, make_forms
from nightschool.dataset.neighbours.signatures import KEYS, signatures_of
from nightschool.dataset.neighbours.topics import TOPIC_KEYS, meets_any, pairs_about_the_same, topic_keys
from nightschool.errors import DataError
from nightschool.records import NeighbourPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

FEW_TEXTS: Final = 50_000
"""Texts, the ledger's among them, up to which such as are about the same are looked for beside those that share letters.

Of many it takes longer than all else. Those that say it in another order share few letters however many there are: they are
missed there."""

WIDTH: Final = KEYS + TOPIC_KEYS
"""Numbers that the ledger keeps of a text of a few; of others it keeps KEYS."""
# What stands for the keys that the ledger does not have; a new text shares none of these.
_NO_TOPICS: Final = bytes(4 * TOPIC_KEYS)
# Rows worked on at once, so that memory hardly grows with the window.
_TEXTS_AT_ONCE: Final = 1 << 16
# Texts that one form gives to a pair of forms: a question that is asked with a thousand greetings makes no million pairs.
_TEXTS_OF_A_FORM: Final = 32


def find_neighbours(connection: DuckDBPyConnection, policy: NeighbourPolicy) -> None:
    """From `texts(id, text)` and, where it is there, `known_texts(id, text, signature)`, make three tables.

    - `strict_pairs(a, b)`: the same question in other words;
    - `loose_pairs(a, b)`: too alike to stand in different sets (every strict pair is one);
    - `signatures(id, signature BLOB)`: of the texts, for the ledger.

    In a pair a < b, and at least one of the two is a new text. Equal tables give equal results, whatever the order of their
    rows and the number of threads.

    Args:
        connection: holds the tables. `texts` are distinct normalised questions, numbered in the order of their MD5;
            `known_texts` have other ids, and signatures that this function once made.
        policy: how much two texts may differ.

    Raises:
        DataError: where a known signature is none of this version's.
    """
    import numpy as np

    affixes = make_forms(connection)
    new_ids = connection.execute("SELECT id FROM forms ORDER BY id").fetchnumpy()["id"]
    known_ids, known_signatures = _known(connection, len(new_ids))
    few = len(new_ids) + len(known_ids) <= FEW_TEXTS
    new_signatures = _make_signatures(connection, new_ids, with_topics=few)
    met = meeting(known_signatures[:, :KEYS], new_signatures[:, :KEYS])
    met |= meets_any(known_signatures[:, KEYS:], new_signatures[:, KEYS:])
    known_ids, known_signatures = known_ids[met], known_signatures[met]
    ids, signatures = _joined(known_ids, new_ids), _joined(known_signatures, new_signatures)
    first, second, shared = candidate_pairs(signatures[:, :KEYS], known=len(known_ids))
    one, other = pairs_about_the_same(signatures[:, KEYS:], known=len(known_ids))
    del known_signatures, new_signatures, signatures
    add_known_forms(connection, known_ids[_distinct([first, second, one, other], below=len(known_ids))], affixes)
    forms = compared_forms(connection)
    pairs = Candidates(forms.rows(ids[first]), forms.rows(ids[second]), shared)
    compare(connection, policy, forms, pairs)
    if few:
        one, other = forms.rows(ids[one]), forms.rows(ids[other])
        add_alike(connection, forms, np.concatenate([pairs.x, one]), np.concatenate([pairs.y, other]))
    for name in ("strict", "loose"):
        connection.execute(f"CREATE TABLE {name}_pairs AS {_pairs_of_texts(f'{name}_forms')}")
    for table in ("forms", "members", "word_counts", "strict_forms", "loose_forms"):
        connection.execute(f"DROP TABLE {table}")


def _pairs_of_texts(pairs_of_forms: str) -> str:
    """Pairs of forms as pairs of their texts. All texts of one form are paired with its first one alone."""
    return f"""
        WITH texts_of AS (
            SELECT form, id FROM members QUALIFY row_number() OVER (PARTITION BY form ORDER BY id) <= {_TEXTS_OF_A_FORM}
            UNION ALL
            SELECT id, id FROM forms WHERE id NOT IN (SELECT form FROM members)
        )
        SELECT least(x.id, y.id) AS a, greatest(x.id, y.id) AS b
        FROM {pairs_of_forms} p JOIN texts_of x ON x.form = p.a JOIN texts_of y ON y.form = p.b
        UNION ALL
        SELECT form, id FROM members WHERE id <> form
    """


def _make_signatures(connection: DuckDBPyConnection, ids: ndarray, *, with_topics: bool) -> ndarray:
    """Make the table `signatures`; returns those of the forms, by id, shape (forms, WIDTH), or (forms, KEYS) without topics."""
    import numpy as np

    connection.execute("CREATE TABLE signatures (id BIGINT, signature BLOB)")
    signatures = np.empty((len(ids), WIDTH if with_topics else KEYS), dtype=np.uint32)
    for start in range(0, len(ids), _TEXTS_AT_ONCE):
        part = ids[start : start + _TEXTS_AT_ONCE]
        found = connection.execute(
            """
            SELECT encode(core) AS core, (md5_number_lower(core) >> 32)::UINTEGER AS digest,
                (md5_number_lower(numbers) >> 32)::UINTEGER AS salt
            FROM forms WHERE id BETWEEN ? AND ? ORDER BY id
            """,
            [int(part[0]), int(part[-1])],
        ).fetchnumpy()
        signed = signatures_of(found["core"].tolist(), found["digest"], found["salt"])
        if with_topics:
            signed = np.concatenate([signed, _topics(connection, part, found["digest"])], axis=1)
        signatures[start : start + len(part)] = signed
        connection.register("signed", {"form": part, "signature": _packed(signed)})
        connection.execute("INSERT INTO signatures SELECT id, signature FROM members JOIN signed USING (form)")
        connection.unregister("signed")
    return signatures


def _topics(connection: DuckDBPyConnection, ids: ndarray, digests: ndarray) -> ndarray:
    """The keys by which forms meet that are about the same, shape (forms, TOPIC_KEYS)."""
    found = connection.execute(
        """
        SELECT encode(array_to_string(content, ' ')) AS content,
            (md5_number_lower(array_to_string(list_sort(string_split(numbers, ' ')), ' ')) >> 32)::UINTEGER AS number_set,
            len(replace(numbers, ' ', '')) AS digits
        FROM forms WHERE id BETWEEN ? AND ? ORDER BY id
        """,
        [int(ids[0]), int(ids[-1])],
    ).fetchnumpy()
    return topic_keys(found["content"].tolist(), digests, found["number_set"], found["digits"])


def _known(connection: DuckDBPyConnection, new: int) -> tuple[ndarray, ndarray]:
    """Ids and signatures of the known texts, by id, as wide as those of so many new ones; none where there is no such table."""
    import numpy as np

    there = connection.execute("SELECT 1 FROM information_schema.tables WHERE table_name = 'known_texts'").fetchone()
    if there is None:
        return np.empty(0, dtype=np.int64), np.empty((0, WIDTH if new <= FEW_TEXTS else KEYS), dtype=np.uint32)
    found = connection.execute("SELECT id, signature FROM known_texts ORDER BY id").fetchnumpy()
    signatures = found["signature"].tolist()
    lengths = set(map(len, signatures))
    if not lengths <= {4 * KEYS, 4 * WIDTH}:
        raise DataError(
            "The ledger's signatures are not of this version's length.",
            next_step="Use the ledger that this version wrote.",
        )
    width = WIDTH if new + len(signatures) <= FEW_TEXTS else KEYS
    if lengths != {4 * width}:
        signatures = [(one + _NO_TOPICS)[: 4 * width] for one in signatures]
    return found["id"], np.frombuffer(b"".join(signatures), dtype="<u4").reshape(-1, width)


def _packed(signatures: ndarray) -> ndarray:
    """Each signature as bytes, little-endian, shape (texts,)."""
    import numpy as np

    every, size = signatures.astype("<u4").tobytes(), signatures.shape[1] * 4
    packed = np.empty(len(signatures), dtype=object)
    packed[:] = [every[at : at + size] for at in range(0, len(every), size)]
    return packed


def _joined(known: ndarray, new: ndarray) -> ndarray:
    import numpy as np

    return np.concatenate([known, new]) if len(known) else new


def _distinct(some: list[ndarray], *, below: int) -> ndarray:
    import numpy as np

    rows = np.concatenate(some) if below else np.empty(0, dtype=np.int64)
    return np.unique(rows[rows < below])
