"""Each category of questions can be a target of its own: its part of the sets, and nothing else."""

import pytest

from nightschool.artifacts import ArtifactRef, FolderStore
from nightschool.dataset import Prepared, domains_of, of_domain
from nightschool.dataset.connection import open_memory, write_parquet
from nightschool.records import DataPolicy

ROWS = [
    ("train", "a", "Math"),
    ("train", "b", "code generation"),
    ("validation", "c", "math"),
    ("held_out", "d", "math"),
    ("held_out", "e", "code_generation"),
    ("train", "f", "?!"),
]


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path)


@pytest.fixture
def sets(store):
    with open_memory() as connection:
        connection.execute("CREATE TABLE made (set VARCHAR, example_id VARCHAR, category VARCHAR)")
        connection.executemany("INSERT INTO made VALUES (?, ?, ?)", ROWS)
        query = "SELECT * FROM made ORDER BY set, example_id"
        examples = store.write("examples", ".parquet", lambda path: write_parquet(connection, query, path))
    other = ArtifactRef(kind="card", digest="0" * 64, rows=0, suffix=".json")
    counts = {"read": 9, "train": 3, "validation": 1, "held_out": 2}
    return Prepared(examples=examples, audit=other, card=other, ledger=other, is_small=False, counts=counts)


def test_domains_are_categories_by_a_name_that_a_target_can_have(store, sets):
    assert domains_of(store, sets.examples) == {"math": 3, "code_generation": 2}


def test_a_domain_has_its_examples_each_in_its_set(store, sets):
    part = of_domain(store, sets, "math", DataPolicy(small_site=0))
    with open_memory() as connection:
        rows = connection.execute(f"SELECT * FROM '{store.path(part.examples)}' ORDER BY example_id").fetchall()
    assert rows == [row for row in ROWS if row[2].lower() == "math"]
    assert part.counts == {"read": 9, "train": 1, "validation": 1, "held_out": 1, "other_domains": 3}
    assert not part.is_small
    assert of_domain(store, sets, "math", DataPolicy(small_site=4)).is_small
    assert of_domain(store, sets, "math", DataPolicy()).examples == part.examples
