"""A night's results as pandas frames: for a notebook, and for the page's table of slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.report.data import NightReport

if TYPE_CHECKING:
    import pandas as pd

_PAIR_COLUMNS = (
    "session_id",
    "example_id",
    "question",
    "expected",
    "incumbent_answer",
    "challenger_answer",
    "incumbent_reward",
    "challenger_reward",
)


def pairs_frame(report: NightReport) -> pd.DataFrame:
    """One row per held-out pair."""
    import pandas as pd

    rows = [
        pair.model_dump(exclude={"slices"}) | {f"slice_{kind}": value for kind, value in pair.slices.items()}
        for pair in report.pairs
    ]
    frame = pd.DataFrame(rows, columns=None if rows else list(_PAIR_COLUMNS))
    frame["gain"] = frame["challenger_reward"].astype(float) - frame["incumbent_reward"].astype(float)
    return frame


def slices_frame(pairs: pd.DataFrame) -> pd.DataFrame:
    """Mean rewards and gain of every slice, largest first."""
    import pandas as pd

    columns = [name for name in pairs.columns if name.startswith("slice_")]
    long = pairs.melt(
        id_vars=["incumbent_reward", "challenger_reward", "gain"], value_vars=columns, var_name="kind", value_name="value"
    ).dropna(subset=["value"])
    long["kind"] = long["kind"].str.removeprefix("slice_")
    means = long.groupby(["kind", "value"], sort=True).agg(
        n=("gain", "size"),
        incumbent=("incumbent_reward", "mean"),
        challenger=("challenger_reward", "mean"),
        gain=("gain", "mean"),
    )
    return pd.DataFrame(means).sort_values("n", ascending=False, kind="stable").reset_index()


def candidates_frame(report: NightReport) -> pd.DataFrame:
    """One row per candidate, in the order in which they were proposed."""
    import pandas as pd

    return pd.DataFrame([candidate.model_dump() for candidate in report.search.candidates])
