"""The bet keeps what the proof promises: wealth does not grow where nothing is gained, and is rarely large by luck."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from nightschool.stats import Bet, evidence_of, log_wealth_path, log_wealth_paths, smallest_confirmable_gain, stake

ALPHA = 1 / 365
GAINS = st.lists(st.floats(-1, 1), max_size=80)


def _lumpy(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.choice([-1.0, 0.0, 1.0], size=shape, p=[0.15, 0.7, 0.15])


def _skewed(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Small gains nearly always, a catastrophe in 5 %: the mean is 0."""
    return np.where(rng.random(shape) < 0.05, -0.95, 0.05)


def _smooth(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.uniform(-0.6, 0.6, shape)


def _broken_slice(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Four fifths of the traffic gain a little, one fifth breaks: the mean is 0."""
    means = np.where(rng.random(shape) < 0.2, -0.4, 0.1)
    return np.clip(means + rng.normal(0, 0.1, shape), -1, 1)


def _near_the_ceiling(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Nearly every session is perfect in both arms; the few others are lost by one or the other."""
    return rng.choice([-0.8, 0.0, 0.8], size=shape, p=[0.02, 0.96, 0.02])


def _few_users(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Sessions of ten users, who like the challenger more or less; over these ten it is no better."""
    tastes = rng.normal(0, 0.2, (shape[0], 10))
    tastes -= tastes.mean(axis=1, keepdims=True)
    users = rng.integers(0, 10, shape)
    return np.clip(np.take_along_axis(tastes, users, axis=1) + rng.uniform(-0.2, 0.2, shape), -1, 1)


def _correlated_with_the_past(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Gains scatter more after losses: stakes that look back can't profit from it."""
    signs = rng.choice([-1.0, 1.0], size=shape)
    return signs * np.where(np.roll(signs, 1, axis=1) < 0, 0.9, 0.1)


def _worse(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return np.clip(rng.normal(-0.05, 0.3, shape), -1, 1)


NULL_WORLDS = [_lumpy, _skewed, _smooth, _broken_slice, _near_the_ceiling, _few_users, _correlated_with_the_past]


def _stopped_wealth(paths: np.ndarray, alpha: float) -> np.ndarray:
    """Each world's wealth at the moment it was won, or at the end: bounded, so that its mean is soon known."""
    won = paths >= -math.log(alpha)
    at = np.where(won.any(axis=1), won.argmax(axis=1), paths.shape[1] - 1)
    return np.exp(paths[np.arange(len(paths)), at])


@pytest.mark.parametrize("world", [*NULL_WORLDS, _worse])
@pytest.mark.parametrize("n", [20, 50, 200])
def test_false_promotions_stay_within_alpha_and_wealth_does_not_grow(world, n):
    alpha, worlds = 1 / 20, 4000
    paths = log_wealth_paths(world(np.random.default_rng(n), (worlds, n)), alpha=alpha, horizon=n)

    false = int((paths.max(axis=1) >= -math.log(alpha)).sum())
    assert false <= scipy_stats.binom.ppf(0.999, worlds, alpha)

    wealth = _stopped_wealth(paths, alpha)
    assert wealth.mean() <= 1 + 4 * wealth.std() / math.sqrt(worlds)


@pytest.mark.parametrize("n", [20, 50, 200])
def test_a_horizon_that_is_never_reached_and_looks_after_every_night_change_nothing_of_that(n):
    """Stopping when it suits, at the best moment of all looks, is what the running maximum is about."""
    alpha, worlds = 1 / 20, 4000
    for world in NULL_WORLDS:
        paths = log_wealth_paths(world(np.random.default_rng(7), (worlds, n)), alpha=alpha, horizon=3 * n)
        assert (paths.max(axis=1) >= -math.log(alpha)).sum() <= scipy_stats.binom.ppf(0.999, worlds, alpha)


def test_a_worse_challenger_never_wins_at_the_gates_own_odds():
    rng = np.random.default_rng(3)
    gains = np.clip(rng.normal(-0.05, 0.3, (4000, 200)), -1, 1)
    assert not (log_wealth_paths(gains, alpha=ALPHA, horizon=200).max(axis=1) >= -math.log(ALPHA)).any()


@pytest.mark.parametrize(("n", "gain", "floor"), [(100, 0.20, 0.95), (200, 0.10, 0.80)])
@pytest.mark.parametrize("horizon", [None, 300])
def test_a_real_gain_is_found(n, gain, floor, horizon):
    gains = np.clip(np.random.default_rng(1).normal(gain, 0.3, (1000, n)), -1, 1)
    paths = log_wealth_paths(gains, alpha=ALPHA, horizon=horizon or n)
    assert (paths.max(axis=1) >= -math.log(ALPHA)).mean() >= floor


@given(gains=GAINS, alpha=st.floats(0.001, 0.5), horizon=st.integers(1, 400))
def test_many_worlds_at_once_give_what_one_gives(gains, alpha, horizon):
    one = log_wealth_path(gains, alpha=alpha, horizon=horizon)
    many = log_wealth_paths(np.array([gains, gains]).reshape(2, -1), alpha=alpha, horizon=horizon)
    assert np.allclose(many[1], one, atol=1e-9)


@given(gains=GAINS, cut=st.integers(0, 80), alpha=st.floats(0.001, 0.5), horizon=st.integers(1, 400))
def test_a_bet_that_is_put_down_and_taken_up_again_is_the_same_bet(gains, cut, alpha, horizon):
    first = Bet(alpha, horizon)
    path = [first.place(gain) for gain in gains[:cut]]
    taken_up = Bet(**vars(first))
    path += [taken_up.place(gain) for gain in gains[cut:]]
    assert path == log_wealth_path(gains, alpha=alpha, horizon=horizon)


@given(gains=GAINS, more=st.floats(0.001, 1), alpha=st.floats(0.001, 0.5), horizon=st.integers(1, 400))
def test_a_further_winning_unit_never_lowers_the_evidence(gains, more, alpha, horizon):
    before = log_wealth_path(gains, alpha=alpha, horizon=horizon)
    after = log_wealth_path([*gains, more], alpha=alpha, horizon=horizon)
    assert evidence_of(after) >= evidence_of(before)
    assert after[-1] > (before[-1] if before else 0.0)


@given(gains=GAINS, cut=st.integers(0, 80))
def test_the_stake_looks_at_earlier_gains_only(gains, cut):
    whole = log_wealth_path(gains, alpha=ALPHA, horizon=100)
    assert log_wealth_path(gains[:cut], alpha=ALPHA, horizon=100) == whole[:cut]


@given(
    n=st.integers(0, 500),
    log_wealth=st.floats(-50, 50),
    alpha=st.floats(0.001, 0.5),
    horizon=st.integers(1, 400),
    mean_square=st.floats(0, 1),
)
def test_no_single_loss_can_ruin(n, log_wealth, alpha, horizon, mean_square):
    assert 0 < stake(n, log_wealth, mean_square * n, alpha=alpha, horizon=horizon) <= 0.95


def test_the_first_stake_is_the_formula():
    goal = math.log(365)
    assert stake(0, 0.0, 0.0, alpha=ALPHA, horizon=300) == pytest.approx(math.sqrt(2 * goal / 300 / 0.10))


def test_missing_evidence_is_spread_over_the_units_left():
    goal = math.log(365)
    squares = 100 * 0.25
    variance = (5 * 0.10 + squares) / 105
    behind = stake(100, -1.0, squares, alpha=ALPHA, horizon=200)
    assert behind == pytest.approx(math.sqrt(2 * (goal + 1) / 100 / variance))
    ahead = stake(100, goal + 1, squares, alpha=ALPHA, horizon=200)
    assert ahead == pytest.approx(math.sqrt(2 * goal / 200 / variance))


@pytest.mark.parametrize("bad", [math.nan, 1.01, -1.01, math.inf])
def test_gains_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        log_wealth_path([0.1, bad], alpha=ALPHA, horizon=10)
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        log_wealth_paths(np.array([[0.1, bad]]), alpha=ALPHA, horizon=10)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, math.nan])
def test_an_impossible_alpha_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha"):
        Bet(alpha, 10)


def test_evidence_once_won_is_not_lost_again():
    assert evidence_of([1.0, 3.0, -2.0]) == pytest.approx(math.exp(3))


def test_no_gains_are_no_evidence():
    assert evidence_of([]) == 1.0


def test_overwhelming_evidence_is_still_a_number():
    assert math.isfinite(evidence_of([5000.0]))


def test_the_smallest_confirmable_gain_confirms_and_a_little_less_does_not():
    for n in (40, 60, 200):
        smallest = smallest_confirmable_gain(n, alpha=ALPHA, horizon=200)
        assert smallest is not None
        assert evidence_of(log_wealth_path([smallest] * n, alpha=ALPHA, horizon=200)) >= 365
        assert evidence_of(log_wealth_path([smallest - 0.001] * n, alpha=ALPHA, horizon=200)) < 365


def test_what_scatters_confirms_only_larger_gains():
    scatter = [0.3, -0.3, 0.5, -0.5] * 25
    steady = smallest_confirmable_gain(100, alpha=ALPHA, horizon=200)
    smallest = smallest_confirmable_gain(100, alpha=ALPHA, horizon=200, scatter=scatter)
    assert smallest > 2 * steady
    assert evidence_of(log_wealth_path([smallest + more for more in scatter], alpha=ALPHA, horizon=200)) >= 365
    assert evidence_of(log_wealth_path([smallest - 0.01 + more for more in scatter], alpha=ALPHA, horizon=200)) < 365


def test_a_handful_of_units_can_confirm_nothing():
    assert smallest_confirmable_gain(5, alpha=ALPHA, horizon=300) is None
