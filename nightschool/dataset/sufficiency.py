"""Whether there is enough for a night, before any money is spent."""

from __future__ import annotations

from collections.abc import Collection

from nightschool.errors import NoData
from nightschool.records import DataPolicy, Splits


def require_enough(splits: Splits, policy: DataPolicy, *, examined: Collection[str] = ()) -> None:
    """Check the sizes of the three sets against the policy's minimums.

    Args:
        splits: the night's sets.
        policy: holds the minimums.
        examined: held-out sessions that a promotion has already used; the gate can't examine on them again.

    Raises:
        NoData: naming each set's size against its minimum, and what to do.
    """
    fresh = {example.session_id for example in splits.held_out} - set(examined)
    sizes = {
        "train": (len(splits.train), policy.min_train, "examples"),
        "validation": (len(splits.validation), policy.min_validation, "examples"),
        "held-out": (len(fresh), policy.min_held_out, "sessions that no promotion has used"),
    }
    missing = [name for name, (size, minimum, _) in sizes.items() if size < minimum]
    if not missing:
        return
    lines = [f"  {name}: {size} of {minimum} {unit}" for name, (size, minimum, unit) in sizes.items()]
    raise NoData(
        "There are too few new questions for a night:\n" + "\n".join(lines),
        next_step=_next_step(missing),
    )


def _next_step(missing: list[str]) -> str:
    wider = "Read more days (--days 60), or wait for more conversations"
    if missing == ["train"]:
        return f"{wider}, or add curated questions (data.curated_files)."
    settings = {"train": "data.min_train", "validation": "data.min_validation", "held-out": "data.min_held_out"}
    return f"{wider}; to try the set-up on less, lower {', '.join(settings[name] for name in missing)}."
