"""The shadow arm: what a promotion replaced, compared with what is served now."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nightschool.records.base import Record


class ShadowPolicy(Record):
    """How long the prompt before a promotion is kept beside the new one, and when it comes back."""

    nights: int = Field(
        default=14, ge=0, description="nights after a promotion in which the prompt before it is run too; 0: never"
    )
    units_a_night: int = Field(default=20, ge=1, description="fresh held-out sessions (or users) that a night compares both on")
    odds: float = Field(
        default=20.0, gt=1, description="to one, at which the new prompt counts as worse, and the old one comes back"
    )
    horizon: int = Field(default=200, ge=10, description="units that this bet is planned for")
    min_units: int = Field(default=20, ge=2, description="units before which a worse mean changes nothing")
    fault_points: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="share of failed answers more than before, at which the old prompt comes back at once",
    )
    fault_error: float = Field(default=0.01, gt=0, lt=1, description="one-sided p-value below which that is believed")


class ShadowFigures(Record):
    """What the nights since a promotion say of it; gains are in [-1, 1], new prompt minus the one before."""

    decision: Literal["keep", "roll back"] = "keep"
    reason: str = Field(default="", description="one sentence")
    n_units: int = 0
    promised: float | None = Field(default=None, description="the mean gain of the promotion's exam; None without one")
    realised: float | None = Field(default=None, description="the mean gain on fresh units")
    interval: tuple[float, float] | None = Field(default=None, description="anytime-valid 95 % interval of the realised gain")
    evidence: float = Field(default=1.0, description="odds to one that the new prompt is worse: the bet's running maximum")
    fault_rate_before: float = Field(default=0.0, description="share of fresh examples in which the agent failed, prompt before")
    fault_rate_now: float = 0.0
    faults_p_value: float = Field(default=1.0, description="one-sided: that the new prompt fails no more often")
