"""Both arms beside each other, beyond the reward: slices, accuracy, the judge's part, cost, latency, length."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from nightschool.gate.units import Unit, arm_reward, sample_gains
from nightschool.records import ArmRatio, Pair, Sample, SliceFigures
from nightschool.stats import loss_p_value, slope_of

LEAST_GROWTH = math.log(1.02)
"""Answers that grew by less than two in a hundred did not grow."""
SLOPE_Z = 2.0
"""Standard errors that a slope must differ from zero by, before length is said to explain anything."""

QUESTION = "question"
"""The kind of slice whose every part is one question: its observations may be repeats, because nothing wider is claimed."""

Figure = Callable[[Sample], float | None]


def slices_of(units: Iterable[Unit], *, least_units: int) -> tuple[SliceFigures, ...]:
    """Each slice's mean gain over its examples; its p-value is over its units, whose examples are one observation.

    A question that too few units ask is judged by its repeats, see `questions_of`.

    Args:
        units: what was bet on.
        least_units: with fewer units there is no p-value.
    """
    members: dict[tuple[str, str], dict[str, list[Pair]]] = defaultdict(lambda: defaultdict(list))
    for unit in units:
        for pair in unit.pairs:
            for part in pair.slices.items():
                members[part][unit.name].append(pair)
    return tuple(
        _slice_of_units(kind, value, found, least_units)
        if kind != QUESTION or len(found) >= least_units
        else _slice(kind, value, [gain for pairs in found.values() for pair in pairs for gain in sample_gains(pair)], least_units)
        for (kind, value), found in sorted(members.items())
    )


def questions_of(asked: Iterable[Pair], *, least_samples: int) -> tuple[SliceFigures, ...]:
    """Questions that were asked several times in both arms, each a slice whose observations are its paired repeats.

    Args:
        asked: outside of the bet; the repeats of one question may stand in several rows.
        least_samples: with fewer repeats there is no p-value.
    """
    gains: dict[str, list[float]] = defaultdict(list)
    for pair in asked:
        gains[pair.example_id] += sample_gains(pair)
    return tuple(_slice(QUESTION, name, found, least_samples) for name, found in sorted(gains.items()) if found)


def means_of(pairs: Iterable[Pair], figure: Figure) -> ArmRatio | None:
    """The means of a figure over the pairs in which both arms have it; None where no pair has."""
    both = [(old, new) for pair in pairs if (old := _mean(pair.incumbent, figure)) is not None
            and (new := _mean(pair.challenger, figure)) is not None]  # fmt: skip
    if not both:
        return None
    return ArmRatio(
        incumbent=math.fsum(old for old, _ in both) / len(both), challenger=math.fsum(new for _, new in both) / len(both)
    )


def unit_differences(units: Iterable[Unit], figure: Figure) -> list[float]:
    """Challenger minus incumbent of a figure, for each unit in which both arms have it."""
    found = (means_of(unit.pairs, figure) for unit in units)
    return [both.more for both in found if both is not None]


def length_adjusted_gain(units: Iterable[Unit]) -> float | None:
    """The mean gain that is left at equal length of the answers.

    The gain of each pair is regressed on the log of the ratio of the answers' tokens; what is left is the intercept, as in
    length-controlled AlpacaEval (arXiv 2404.04475, section 3).

    Returns:
        None where answers did not grow, where no length is known, or where the slope is not above zero for certain.
    """
    rows = [(growth, _gain(pair)) for unit in units for pair in unit.pairs if (growth := _growth(pair)) is not None]
    if len(rows) < 3 or math.fsum(growth for growth, _ in rows) / len(rows) < LEAST_GROWTH:
        return None
    slope, error, intercept = slope_of(rows)
    return intercept if slope > SLOPE_Z * error else None


def known(name: str) -> Figure:
    """A figure of a sample; zero means that nothing is known of it."""
    return lambda sample: getattr(sample, name) or None


def scored(name: str) -> Figure:
    """A score of a sample; zero is a score, and a sample with a fault has none."""
    return lambda sample: None if sample.fault == "infrastructure" else getattr(sample, name)


def _slice_of_units(kind: str, value: str, by_unit: dict[str, list[Pair]], least_units: int) -> SliceFigures:
    gains = [[_gain(pair) for pair in pairs] for pairs in by_unit.values()]
    means = [math.fsum(found) / len(found) for found in gains]
    told = [gain for found in gains for gain in found]
    return _slice(kind, value, means, least_units).model_copy(update={"n": len(told), "gain": math.fsum(told) / len(told)})


def _slice(kind: str, value: str, observed: Sequence[float], least: int) -> SliceFigures:
    return SliceFigures(
        kind=kind,
        value=value,
        n=len(observed),
        gain=math.fsum(observed) / len(observed) if observed else 0.0,
        n_units=len(observed),
        p_value=loss_p_value(observed) if len(observed) >= least else None,
    )


def _gain(pair: Pair) -> float:
    """Challenger minus incumbent of a complete pair."""
    incumbent, challenger = arm_reward(pair.incumbent), arm_reward(pair.challenger)
    assert incumbent is not None
    assert challenger is not None
    return challenger - incumbent


def _growth(pair: Pair) -> float | None:
    old, new = _mean(pair.incumbent, known("tokens")), _mean(pair.challenger, known("tokens"))
    return None if old is None or new is None else math.log(new / old)


def _mean(samples: Sequence[Sample], figure: Figure) -> float | None:
    values = [value for sample in samples if (value := figure(sample)) is not None]
    return math.fsum(values) / len(values) if values else None
