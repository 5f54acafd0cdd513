"""Rank correlation as scipy has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from nightschool.stats import spearman


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=3, max_size=30))
def test_it_is_scipys(rows):
    first, second = ([row[side] for row in rows] for side in (0, 1))
    if min(len(set(first)), len(set(second))) < 2:
        assert spearman(rows) is None
    else:
        assert spearman(rows) == pytest.approx(spearmanr(first, second).statistic)


def test_of_one_there_is_none():
    assert spearman([(1, 1)]) is None
