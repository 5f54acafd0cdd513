"""After a promotion: the prompt that it replaced goes on as a shadow arm on fresh sessions, and may come back by itself.

Two questions are asked after each night. Is the new prompt worse? A bet like the gate's, the other way round, at 20 : 1 (any
number of looks, Ville's inequality). Does it fail more often? An exact one-sided test of McNemar over the agent faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from nightschool.gate.outcome import to_one
from nightschool.gate.units import Unit, units_of
from nightschool.records import GatePolicy, Pair, Sample, ShadowFigures, ShadowPolicy
from nightschool.stats import Bet, evidence_of, mcnemar_p_value, mean_interval

Decision = Literal["keep", "roll back"]


def watch(
    pairs: Iterable[Pair], policy: ShadowPolicy, gate: GatePolicy, *, served: str, promised: float | None = None
) -> ShadowFigures:
    """Compare what is served with what it replaced.

    Args:
        pairs: of all nights since the promotion; `incumbent` is the prompt that was replaced, `challenger` what is served now.
        policy: when the old one comes back.
        gate: what counts as a unit.
        served: the hash of what is served; it sets the order of the units.
        promised: the gain that the promotion's exam showed.

    Returns:
        The figures, with the decision and its sentence. Pure, and the same for any order of the rows.

    Raises:
        ValueError: for a reward that is NaN or outside [0, 1].
    """
    rows = tuple(pairs)
    units = units_of(rows, gate, served)
    gains = [unit.gain for unit in units]
    bet = Bet(1 / policy.odds, policy.horizon)
    path = [bet.place(-gain) for gain in gains]
    old_faults, new_faults = _faults(rows)
    p_value = mcnemar_p_value(sum(new and not old for old, new in zip(old_faults, new_faults, strict=True)),
                              sum(old and not new for old, new in zip(old_faults, new_faults, strict=True)))  # fmt: skip
    figures = ShadowFigures(
        n_units=len(units),
        promised=promised,
        realised=sum(gains) / len(gains) if gains else None,
        interval=mean_interval(gains),
        evidence=evidence_of(path),
        fault_rate_before=_share(old_faults),
        fault_rate_now=_share(new_faults),
        faults_p_value=p_value,
    )
    return figures.model_copy(update=_decided(figures, bet.is_won, units, policy))


def _decided(figures: ShadowFigures, worse: bool, units: Sequence[Unit], policy: ShadowPolicy) -> dict[str, object]:
    more_faults = figures.fault_rate_now - figures.fault_rate_before
    if more_faults >= policy.fault_points and figures.faults_p_value < policy.fault_error:
        return {
            "decision": "roll back",
            "reason": f"The new prompt fails in {figures.fault_rate_now:.0%} of the fresh examples, "
            f"the one before in {figures.fault_rate_before:.0%} (p = {figures.faults_p_value:.2g}).",
        }
    if worse and len(units) >= policy.min_units:
        return {
            "decision": "roll back",
            "reason": f"The new prompt is worse than the one before on {len(units)} fresh units, by "
            f"{-(figures.realised or 0.0):.3f} on average, at odds of {to_one(figures.evidence)}.",
        }
    return {"decision": "keep", "reason": _how_it_goes(figures)}


def _how_it_goes(figures: ShadowFigures) -> str:
    if figures.realised is None:
        return "No fresh session has been compared yet."
    promised = "" if figures.promised is None else f" (its exam showed {figures.promised:+.3f})"
    return f"On {figures.n_units} fresh units since its promotion the new prompt gained {figures.realised:+.3f}{promised}."


def _faults(pairs: Sequence[Pair]) -> tuple[list[bool], list[bool]]:
    """For each example that both arms answered or failed, whether each arm's agent failed."""
    both = [pair for pair in pairs if _tells(pair.incumbent) and _tells(pair.challenger)]
    return [_failed(pair.incumbent) for pair in both], [_failed(pair.challenger) for pair in both]


def _tells(samples: Sequence[Sample]) -> bool:
    return any(sample.fault != "infrastructure" for sample in samples)


def _failed(samples: Sequence[Sample]) -> bool:
    return any(sample.fault == "agent" for sample in samples)


def _share(faults: Sequence[bool]) -> float:
    return sum(faults) / len(faults) if faults else 0.0
