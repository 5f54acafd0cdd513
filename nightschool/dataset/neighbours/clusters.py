"""Clusters: what hangs together by strict pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray


def make_clusters(connection: DuckDBPyConnection) -> None:
    """From `texts` and `strict_pairs`, make `clusters(id, cluster)`: each text's cluster, named by its smallest id.

    Pairs with known texts bind nothing: a known text belongs to the ledger, not to this window's clusters.
    """
    import numpy as np

    ids = connection.execute("SELECT id FROM texts ORDER BY id").fetchnumpy()["id"]
    pairs = connection.execute("""
        SELECT a, b FROM strict_pairs WHERE a IN (SELECT id FROM texts) AND b IN (SELECT id FROM texts)
    """).fetchnumpy()
    smallest = _components(len(ids), np.searchsorted(ids, pairs["a"]), np.searchsorted(ids, pairs["b"]))
    connection.register("found", {"id": ids, "cluster": ids[smallest]})
    connection.execute("CREATE TABLE clusters AS SELECT id, cluster FROM found ORDER BY id")
    connection.unregister("found")


def _components(size: int, first: ndarray, second: ndarray) -> ndarray:
    """The smallest member of each member's component, shape (size,).

    Each round hooks the larger of two labels to the smaller and shortens the paths; the number of rounds grows with the
    logarithm of the longest path (Shiloach and Vishkin, 1982). scipy does the same; importing it takes half a second.
    """
    import numpy as np

    label = np.arange(size)
    while True:
        one, other = label[first], label[second]
        apart = one != other
        if not apart.any():
            return label
        np.minimum.at(label, np.maximum(one, other)[apart], np.minimum(one, other)[apart])
        while not np.array_equal(shorter := label[label], label):
            label = shorter
