"""What tests may spend never exceeds what the year allows, whenever they are opened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.stats import MOST_ALPHA, accrued_alpha, alpha_for


@given(gaps=st.lists(st.integers(1, 120), max_size=60), yearly=st.floats(0.01, 12))
def test_the_sum_of_a_year_stays_within_the_budget(gaps, yearly):
    nights, spent = 0, 0.0
    for gap in gaps:
        nights += gap
        if nights > 365:
            break
        spent += alpha_for(gap, yearly)
    assert spent <= yearly + 1e-9


def test_what_accrues_and_what_is_forgone():
    assert alpha_for(1, 1.0) == pytest.approx(1 / 365)
    assert alpha_for(7, 2.0) == accrued_alpha(7, 2.0) == pytest.approx(14 / 365)
    assert alpha_for(365, 1.0) == MOST_ALPHA < accrued_alpha(365, 1.0)


@pytest.mark.parametrize("nights", [0, -3])
def test_before_the_next_night_there_is_nothing(nights):
    assert alpha_for(nights, 1.0) == 0.0
