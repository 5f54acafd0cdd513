"""The domains of a target: each category of its questions can be a target of its own, like `support/math`."""

from __future__ import annotations

from functools import partial

from nightschool.artifacts import ArtifactRef, ArtifactStore
from nightschool.dataset.connection import open_memory, parquet, quoted, write_parquet
from nightschool.dataset.examples_table import IN_ORDER
from nightschool.dataset.preparation import Prepared
from nightschool.records import DataPolicy

_DOMAIN = "trim(regexp_replace(lower(category), '[^a-z0-9]+', '_', 'g'), '_')"
"""A category as a part of a target's name."""
_SETS = ("train", "validation", "held_out")


def domains_of(store: ArtifactStore, examples: ArtifactRef) -> dict[str, int]:
    """How many examples each domain has, the largest first."""
    with open_memory() as connection:
        rows = connection.execute(
            f"SELECT {_DOMAIN} AS domain, count(*) FROM {parquet(store.path(examples))} GROUP BY domain HAVING domain <> '' "
            "ORDER BY count(*) DESC, domain"
        ).fetchall()
    return dict(rows)


def of_domain(store: ArtifactStore, sets: Prepared, domain: str, policy: DataPolicy) -> Prepared:
    """The part of the sets that belongs to a domain; each example stays in its set.

    Args:
        store: where the examples are, and where the part is kept.
        sets: of all domains.
        domain: one of `domains_of`.
        policy: below which size the sets are pooled.
    """
    with open_memory() as connection:
        connection.execute(
            f"CREATE TABLE own AS SELECT * FROM {parquet(store.path(sets.examples))} WHERE {_DOMAIN} = {quoted(domain)}"
        )
        part = store.write("examples", ".parquet", partial(write_parquet, connection, f"SELECT * FROM own {IN_ORDER}"))
        sizes = dict(connection.execute("SELECT set, count(*) FROM own GROUP BY set").fetchall())
    counts = {name: sizes.get(name, 0) for name in _SETS}
    others = sum(sets.counts.get(name, 0) for name in _SETS) - sum(counts.values())
    return sets.model_copy(
        update={
            "examples": part,
            "counts": {**sets.counts, **counts, "other_domains": others},
            "is_small": sets.is_small or sum(counts.values()) < policy.small_site,
        }
    )
