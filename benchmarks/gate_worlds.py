"""Simulated sites whose truth is known: how good the prompt is, what a night's search finds, what sessions show of it.

Many years run side by side, one a row. A night's search makes 50 candidates and sends the one with the best mean on 60
validation examples to the exam, if that mean is above the incumbent's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NIGHTS = 365
CANDIDATES = 50
VALIDATION = 60
SEARCH_ROLLOUTS = (CANDIDATES + 1) * VALIDATION
CEILING = 0.95
SPREAD = 0.3
"""Standard deviation of the gain that one session shows."""
DIFFICULTY = 0.25
"""Standard deviation of the incumbent's reward between sessions."""
CATASTROPHES, LOSS = 0.05, 0.9
"""In the skewed world a challenger is ruinous on so many sessions, and a little better on all the others."""


@dataclass(frozen=True)
class World:
    """One kind of site.

    Args:
        name: what it is called in the table.
        start: the true mean reward of the first incumbent.
        barren: whether nothing that a search finds is truly better.
        skewed: whether gains are small and losses large.
    """

    name: str
    start: float
    barren: bool = False
    skewed: bool = False

    def challengers(self, rng: np.random.Generator, quality: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """What a night's search sends to the exam: true gains, shape (years,), and where it found anything at all."""
        gains = self._candidates(rng, quality)
        shown = gains + rng.normal(0, SPREAD / np.sqrt(VALIDATION), gains.shape)
        best = shown.argmax(axis=1)
        rows = np.arange(len(quality))
        return gains[rows, best], shown[rows, best] > 0

    def sessions(self, rng: np.random.Generator, quality: Floats, gain: Floats, n: int) -> tuple[Floats, Floats]:
        """What n sessions show: the incumbent's rewards and the gains, each of shape (years, n)."""
        shape = (len(quality), n)
        incumbent = quality[:, None] + rng.normal(0, DIFFICULTY, shape)
        if not self.skewed:
            return incumbent, np.clip(gain[:, None] + rng.normal(0, SPREAD, shape), -1, 1)
        usual = (gain[:, None] + CATASTROPHES * LOSS) / (1 - CATASTROPHES) + rng.normal(0, 0.03, shape)
        return incumbent, np.where(rng.random(shape) < CATASTROPHES, -LOSS, usual)

    def _candidates(self, rng: np.random.Generator, quality: Floats) -> Floats:
        shape = (len(quality), CANDIDATES)
        if self.barren:
            return -np.abs(rng.normal(0, 0.03, shape))
        gains = rng.normal(-0.03, 0.04, shape)
        room = np.clip((CEILING - quality) / (CEILING - 0.6), 0, 1)[:, None]
        return np.where(gains > 0, gains * room, gains)


WORLDS = (
    World("typical", start=0.60),
    World("barren", start=0.70, barren=True),
    World("barren, skewed", start=0.70, barren=True, skewed=True),
)
