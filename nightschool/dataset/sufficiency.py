"""Whether there is enough for a night, before any money is spent; and if not, what is missing and when it will be there."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import date, timedelta

from nightschool.errors import NoData
from nightschool.records import DataPolicy, Example, GatePolicy, Record, Splits
from nightschool.stats import units_to_confirm


class Shortage(Record):
    """One set's size against what it needs."""

    name: str
    setting: str
    size: int
    needed: int
    unit: str
    per_day: float
    """How many came a day in the window; those that a promotion has used among them."""

    @property
    def days(self) -> int | None:
        """Days until enough are there at this rate; None where none come."""
        missing = max(self.needed - self.size, 0)
        if not missing:
            return 0
        return math.ceil(missing / self.per_day) if self.per_day else None


def require_enough(splits: Splits, policy: DataPolicy, *, gate: GatePolicy | None = None, examined: Collection[str] = ()) -> None:
    """Check the three sets against the policy's minimums, and held-out against what the gate needs to confirm a gain.

    Args:
        splits: the night's sets.
        policy: holds the minimums and the plausible gain.
        gate: the odds and the unit of the exam; None: the defaults.
        examined: held-out sessions that a promotion has already used; the gate can't examine on them again.

    Raises:
        NoData: naming each set's size against its minimum, when there will be enough, and what to do.
    """
    gate = gate or GatePolicy()
    sets = [
        _of("train", "examples", "data.min_train", (e.example_id for e in splits.train), policy.min_train, splits),
        _of(
            "validation",
            "examples",
            "data.min_validation",
            (e.example_id for e in splits.validation),
            policy.min_validation,
            splits,
        ),
        _held_out(splits, policy, gate, examined),
    ]
    short = [one for one in sets if one.size < one.needed]
    if short:
        lines = [f"  {one.name}: {one.size} of {one.needed} {one.unit}; {one.per_day:.1f} a day" for one in sets]
        raise NoData(
            "There are too few new questions for a night:\n" + "\n".join(lines) + "\n" + _when(short, splits, policy),
            next_step=_next_step(short),
        )


def needed_held_out(policy: DataPolicy, gate: GatePolicy) -> int:
    """The units with which the gate could confirm the plausible gain, if each of them showed it; at least the minimum."""
    alpha = gate.yearly_false_promotions / gate.tests_per_year
    needed = units_to_confirm(policy.plausible_gain, alpha=alpha, horizon=gate.horizon)
    return max(policy.min_held_out, gate.horizon if needed is None else needed)


def _held_out(splits: Splits, policy: DataPolicy, gate: GatePolicy, examined: Collection[str]) -> Shortage:
    used, by_user = set(examined), gate.unit == "user"
    units = {(by_user and e.user_id) or e.session_id for e in splits.held_out}
    fresh = {(by_user and e.user_id) or e.session_id for e in splits.held_out if e.session_id not in used}
    found = _of("held-out", "", "data.min_held_out", units, needed_held_out(policy, gate), splits)
    return found.model_copy(
        update={"size": len(fresh), "unit": f"{'users' if by_user else 'sessions'} that no promotion has used"}
    )


def _of(name: str, unit: str, setting: str, ids: Iterable[str], needed: int, splits: Splits) -> Shortage:
    size = len(set(ids))
    first, last = _span(splits)
    days = (last - first).days + 1 if first and last else 1
    return Shortage(name=name, setting=setting, size=size, needed=needed, unit=unit, per_day=size / days)


def _span(splits: Splits) -> tuple[date | None, date | None]:
    examples: tuple[Example, ...] = splits.train + splits.validation + splits.held_out
    days = [example.timestamp.date() for example in examples if example.timestamp]
    return min(days, default=None), max(days, default=None)


def _when(short: list[Shortage], splits: Splits, policy: DataPolicy) -> str:
    """When there will be enough at the present rate, if the window can hold it."""
    _, last = _span(splits)
    waits = [one.days for one in short]
    if last is None or None in waits:
        return "At the present rate there will never be enough."
    wait = max(days for days in waits if days is not None)
    window = max(math.ceil(one.needed / one.per_day) for one in short)
    enough = f"At the present rate there will be enough on {last + timedelta(days=wait)}"
    return f"{enough}." if window <= policy.max_real_data_age_days else f"{enough}, in a window of {window} days."


def _next_step(short: list[Shortage]) -> str:
    wider = "Read more days (--days 60), or wait for more conversations"
    if [one.name for one in short] == ["train"]:
        return f"{wider}, or add curated questions (data.curated_files)."
    raised = " and raise data.plausible_gain" if any(one.name == "held-out" for one in short) else ""
    return f"{wider}; to try the set-up on less, lower {', '.join(one.setting for one in short)}{raised}."
