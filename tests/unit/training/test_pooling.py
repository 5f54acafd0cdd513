"""On a small site train and validation are one pool, but for what may be shown in a prompt."""

import pytest

from nightschool.records import Example, SearchPolicy, Splits
from nightschool.training.pooling import pool


def examples(kind, number, **fields):
    return tuple(
        Example(example_id=f"{kind}{n}", session_id=f"{kind}{n}", question=f"{kind} {n}?", **fields) for n in range(number)
    )


@pytest.fixture
def splits():
    corrected = {"origin": "correction", "expected_answer": "42"}
    return Splits(
        train=examples("t", 3) + examples("tc", 2, **corrected),
        validation=examples("v", 2) + examples("vc", 1, **corrected),
        held_out=examples("h", 4),
    )


def ids(found):
    return [example.example_id for example in found]


def test_what_may_be_shown_is_never_ranked_on_and_all_else_serves_twice(splits):
    pooled = pool(splits, SearchPolicy(demonstrations="curated"))
    assert ids(pooled.train) == ["t0", "t1", "t2", "tc0", "tc1", "v0", "v1"]
    assert ids(pooled.validation) == ["v0", "v1", "vc0", "t0", "t1", "t2"]
    assert pooled.held_out == splits.held_out


def test_without_demonstrations_both_sets_are_the_same_examples(splits):
    pooled = pool(splits, SearchPolicy(demonstrations="off"))
    assert sorted(ids(pooled.train)) == sorted(ids(pooled.validation)) == sorted(ids(splits.train + splits.validation))


def test_where_all_may_be_shown_nothing_is_pooled():
    rated = {"origin": "rated", "expected_answer": "42"}
    splits = Splits(train=examples("t", 3, **rated), validation=examples("v", 2, **rated))
    assert pool(splits, SearchPolicy(demonstrations="all")) == splits
