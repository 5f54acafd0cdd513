"""The rules that promote: what others do each night, and the bet. Each takes many years at once, one a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from benchmarks.gate_worlds import SEARCH_ROLLOUTS, Floats, World
from nightschool.gate import GatePolicy, horizon_for
from nightschool.stats import MOST_ALPHA, NIGHTS_A_YEAR, log_wealth_paths
from nightschool.stats.betting import MAX_STAKE, VARIANCE_PRIOR, VARIANCE_PRIOR_WEIGHT

Flags = NDArray[np.bool_]
POLICY = GatePolicy()
PASS = 0.5
EXACT_BELOW = 25
FUTILITY_STEPS = 12
"""The optimist's way to the horizon is looked at in so many steps; the gate itself takes one for each unit."""


@dataclass
class Years:
    """Some years of one site under one rule.

    `quality` is the true mean reward of what is served; counts are per year.
    """

    world: World
    quality: Floats
    false: Floats = field(init=False)
    promotions: Floats = field(init=False)
    rollouts: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.false, self.promotions, self.rollouts = (np.zeros(len(self.quality)) for _ in range(3))

    def promote(self, rows: Flags, gain: Floats) -> None:
        """Serve the challengers of some years; one that is not truly better was a false promotion."""
        self.quality = np.where(rows, np.maximum(self.quality + gain, 0), self.quality)
        self.promotions += rows
        self.false += rows & (gain <= 0)


class Rule(Protocol):
    """A way to live through nights."""

    def night(self, years: Years, rng: np.random.Generator, n: int) -> None:
        """One night with n fresh held-out sessions."""


@dataclass
class EachNight:
    """A fresh challenger every night, decided on the night's sessions alone."""

    wins: Callable[[Floats, Floats], Flags]
    """Takes the incumbent's rewards and the gains, each of shape (years, n)."""

    def night(self, years: Years, rng: np.random.Generator, n: int) -> None:
        """Search, examine on all n sessions, decide."""
        gain, found = years.world.challengers(rng, years.quality)
        incumbent, gains = years.world.sessions(rng, years.quality, gain, n)
        years.rollouts += SEARCH_ROLLOUTS + 2 * n * found
        years.promote(found & self.wins(incumbent, gains), gain)


@dataclass
class StoredScore:
    """The challenger's fresh mean against the score that the incumbent won with."""

    stored: Floats | None = None

    def night(self, years: Years, rng: np.random.Generator, n: int) -> None:
        """Search, examine the challenger alone, compare with what is remembered."""
        gain, found = years.world.challengers(rng, years.quality)
        incumbent, gains = years.world.sessions(rng, years.quality, gain, n)
        if self.stored is None:
            self.stored = incumbent.mean(axis=1)
        score = (incumbent + gains).mean(axis=1)
        wins = found & (score > self.stored)
        self.stored = np.where(wins, score, self.stored)
        years.rollouts += SEARCH_ROLLOUTS + n * found
        years.promote(wins, gain)


@dataclass
class OneTestAtATime:
    """nightschool's rule: an open test goes on, new ones spend what has accrued; no search meanwhile."""

    lanes: _Lanes | None = None

    def night(self, years: Years, rng: np.random.Generator, n: int) -> None:
        """Open tests where none is open, bet on the night's sessions batch by batch, decide."""
        size = len(years.quality)
        self.lanes = lanes = self.lanes or _Lanes.none_open(size)
        lanes.accrued += 1
        years.rollouts += np.where(lanes.open, 0, SEARCH_ROLLOUTS)
        gain, found = years.world.challengers(rng, years.quality)
        lanes.begin(~lanes.open & found, gain, horizon_for(n, POLICY))
        _, gains = years.world.sessions(rng, years.quality, lanes.gain, n)
        for at in range(0, n, POLICY.batch):
            active = lanes.wants_more()
            if not active.any():
                break
            batch = gains[:, at : at + POLICY.batch]
            years.rollouts += 2 * lanes.place(batch, active)
        promoted = lanes.settle()
        years.promote(promoted, lanes.gain)


@dataclass
class _Lanes:
    """The tests of all years, one each; fields have the shape (years,)."""

    open: Flags
    gain: Floats
    alpha: Floats
    horizon: Floats
    wealth: Floats
    best: Floats
    squares: Floats
    total: Floats
    n: Floats
    nights: Floats
    accrued: Floats

    @classmethod
    def none_open(cls, size: int) -> _Lanes:
        zeros = [np.zeros(size) for _ in range(9)]
        return cls(np.zeros(size, dtype=bool), zeros[0], np.full(size, 0.5), *zeros[1:])

    def begin(self, rows: Flags, gain: Floats, horizon: int) -> None:
        self.alpha = np.where(
            rows, np.minimum(self.accrued * POLICY.yearly_false_promotions / NIGHTS_A_YEAR, MOST_ALPHA), self.alpha
        )
        self.gain, self.horizon = np.where(rows, gain, self.gain), np.where(rows, horizon, self.horizon)
        for name in ("wealth", "best", "squares", "total", "n", "nights", "accrued"):
            setattr(self, name, np.where(rows, 0.0, getattr(self, name)))
        self.open = self.open | rows
        self.nights = self.nights + self.open

    def place(self, gains: Floats, active: Flags) -> Floats:
        """Bet on a batch in the active years; returns how many sessions each has examined."""
        before = self.n.copy()
        for column in gains.T:
            betting = active & (self.n < self.horizon)
            d = np.where(betting, column, 0.0)
            self.wealth = self.wealth + np.log1p(_stakes(self.n, self.wealth, self.squares, self.alpha, self.horizon) * d)
            self.best = np.maximum(self.best, self.wealth)
            self.squares, self.total, self.n = self.squares + d * d, self.total + d, self.n + betting
        return self.n - before

    @property
    def won(self) -> Flags:
        return self.open & (self.best >= -np.log(self.alpha)) & (self.n >= POLICY.min_sessions)

    def wants_more(self) -> Flags:
        return self.open & ~self.won & (self.n < self.horizon) & ~self._futile()

    def settle(self) -> Flags:
        """End what is decided; returns which tests promote."""
        mean = self.total / np.maximum(self.n, 1)
        won = self.won
        over = won | self._futile() | (self.n >= self.horizon) | (self.nights >= POLICY.max_nights)
        self.open = self.open & ~over
        return won & (mean >= POLICY.min_effect)

    def _futile(self) -> Flags:
        """Where even an optimist, who expects the mean plus two standard errors, would not win within the horizon."""
        n = np.maximum(self.n, 2)
        mean = self.total / n
        error = np.sqrt(np.maximum(self.squares / n - mean**2, 0) / (n - 1))
        hope = np.clip(mean + POLICY.futility_z * error, -1, 1)
        step = np.maximum(self.horizon - self.n, 0) / FUTILITY_STEPS
        wealth, squares, at = self.wealth, self.squares, self.n
        for _ in range(FUTILITY_STEPS):
            wealth = wealth + step * np.log1p(_stakes(at, wealth, squares, self.alpha, self.horizon) * hope)
            squares, at = squares + step * hope**2, at + step
        reaches = np.maximum(wealth, self.best) >= -np.log(self.alpha)
        return self.open & (self.n >= POLICY.futility_after) & (self.n < self.horizon) & ~reaches


def _stakes(n: Floats, wealth: Floats, squares: Floats, alpha: Floats, horizon: Floats) -> Floats:
    """`nightschool.stats.stake` for many bets at once."""
    goal, span = -np.log(alpha), np.maximum(horizon, 1)
    rate = np.maximum(goal / span, np.maximum(goal - wealth, 0) / np.maximum(span - n, 1))
    variance = (VARIANCE_PRIOR_WEIGHT * VARIANCE_PRIOR + squares) / (VARIANCE_PRIOR_WEIGHT + n)
    return np.minimum(MAX_STAKE, np.sqrt(2 * rate / variance))


def mean_above(margin: float) -> Callable[[Floats, Floats], Flags]:
    """The mean is higher, by a margin."""
    return lambda _, gains: gains.mean(axis=1) > margin


def t_test(_: Floats, gains: Floats) -> Flags:
    """Student's paired t, one-sided at 0.05."""
    return np.asarray(scipy_stats.ttest_1samp(gains, 0, axis=1, alternative="greater").pvalue < 0.05)


def wilcoxon(_: Floats, gains: Floats) -> Flags:
    """Wilcoxon's signed ranks, one-sided at 0.05."""
    return np.asarray(scipy_stats.wilcoxon(gains, axis=1, alternative="greater", method="approx").pvalue < 0.05)


def mcnemar(incumbent: Floats, gains: Floats) -> Flags:
    """MLflow 3.17's `assert_improved` on pass/fail: McNemar, two-sided at 0.05, exact below 25 discordant pairs, else χ²."""
    before, after = incumbent >= PASS, incumbent + gains >= PASS
    better, worse = (after & ~before).sum(axis=1), (before & ~after).sum(axis=1)
    differing = better + worse
    exact = np.minimum(2 * scipy_stats.binom.cdf(np.minimum(better, worse), differing, 0.5), 1)
    squared = (np.abs(better - worse) - 1) ** 2 / np.maximum(differing, 1)
    p_value = np.where(differing < EXACT_BELOW, exact, scipy_stats.chi2.sf(squared, df=1))
    return np.asarray((better > worse) & (p_value < 0.05))


def bet(alpha: float) -> Callable[[Floats, Floats], Flags]:
    """The bet at fixed odds, anew each night."""

    def wins(_: Floats, gains: Floats) -> Flags:
        paths = log_wealth_paths(gains, alpha=alpha, horizon=gains.shape[1])
        return np.asarray((paths.max(axis=1) >= -np.log(alpha)) & (gains.mean(axis=1) >= POLICY.min_effect))

    return wins


OURS = "nightschool: one test at a time"
RULES: dict[str, Callable[[], Rule]] = {
    "mean > mean": lambda: EachNight(mean_above(0.0)),
    "margin 0.02": lambda: EachNight(mean_above(0.02)),
    "paired t, 0.05": lambda: EachNight(t_test),
    "Wilcoxon, 0.05": lambda: EachNight(wilcoxon),
    "stored score": StoredScore,
    "McNemar (MLflow)": lambda: EachNight(mcnemar),
    "bet, new test each night, 1/20": lambda: EachNight(bet(1 / 20)),
    "bet, new test each night, 1/52": lambda: EachNight(bet(1 / 52)),
    "bet, new test each night, 1/365": lambda: EachNight(bet(1 / 365)),
    OURS: OneTestAtATime,
}
