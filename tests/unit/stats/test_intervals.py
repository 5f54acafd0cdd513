"""The interval misses the mean rarely, however often one looks, and narrows as units come in."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from nightschool.stats import mean_interval
from nightschool.stats.intervals import log_capital, predictable_bets


@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        (lambda rng, n: rng.choice([-1.0, 0.0, 1.0], n, p=[0.1, 0.6, 0.3]), 0.2),
        (lambda rng, n: np.where(rng.random(n) < 0.05, -0.95, 0.05), 0.0),
        (lambda rng, n: rng.uniform(-0.4, 0.2, n), -0.1),
    ],
)
def test_it_covers_the_mean_at_every_look(draw, mean):
    rng, worlds, n = np.random.default_rng(7), 300, 60
    looks = [5, 10, 20, 30, 40, 50, 60]

    def ever_missed(gains: np.ndarray) -> bool:
        return any(log_capital(gains[:look], np.array([mean]), error=0.05)[0] >= math.log(20) for look in looks)

    missed = sum(ever_missed(draw(rng, n)) for _ in range(worlds))
    assert missed <= scipy_stats.binom.ppf(0.999, worlds, 0.05)


def test_it_contains_the_sample_mean_and_narrows():
    gains = np.clip(np.random.default_rng(3).normal(0.2, 0.3, 300), -1, 1)
    widths = []
    for n in (20, 100, 300):
        low, high = mean_interval(gains[:n])
        assert low <= gains[:n].mean() <= high
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.2


@given(gains=st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_it_lies_in_the_possible_range_and_mirrors(gains):
    low, high = mean_interval(gains)
    assert -1 <= low <= high <= 1
    mirrored = mean_interval([-gain for gain in gains])
    assert mirrored == pytest.approx((-high, -low), abs=0.0021)


def test_without_a_gain_there_is_none():
    assert mean_interval([]) is None


@pytest.mark.parametrize("bad", [math.nan, 1.5])
def test_gains_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        mean_interval([0.0, bad])


@given(values=st.lists(st.floats(0, 1), min_size=2, max_size=30), last=st.floats(0, 1))
def test_no_bet_looks_at_its_own_outcome(values, last):
    changed = np.array([*values[:-1], last])
    assert np.array_equal(predictable_bets(np.array(values), 0.05), predictable_bets(changed, 0.05))
