"""How many of the curated questions join the real ones, and which."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from nightschool.records import DataPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def choose_curated(connection: DuckDBPyConnection, may_join: str, policy: DataPolicy) -> None:
    """Make `curated_used`: those of the curated questions that join the train set.

    At most `policy.curated_share` of the train set is curated; which ones is decided by the digests of their ids, so that a
    night with more real examples keeps what an earlier one chose. Must-pass questions come first, and always stay.

    Args:
        connection: has the table `kept` with the `set` of every real example.
        may_join: a query of the curated questions that no other set has; it gives `example_id` and `must_pass`.
        policy: holds the share.
    """
    most = _most_curated(connection, policy)
    limit = "" if most is None else f"WHERE must_pass OR place <= {most}"
    connection.execute(f"""
        CREATE TABLE curated_used AS
        SELECT * EXCLUDE (place) FROM (
            SELECT *, row_number() OVER (ORDER BY must_pass DESC, md5(example_id), example_id) AS place FROM ({may_join})
        ) {limit}
    """)


def _most_curated(connection: DuckDBPyConnection, policy: DataPolicy) -> int | None:
    """How many curated questions keep to the share; None: all of them."""
    share = Fraction(str(policy.curated_share))
    if share == 1:
        return None
    row = connection.execute("SELECT count(*) FROM kept WHERE set = 'train'").fetchone()
    assert row is not None
    return int(share / (1 - share) * row[0])
