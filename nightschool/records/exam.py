"""The gate's records: paired rewards and the health of their measurement in, a verdict out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from nightschool.records.base import Record, StoredRecord
from nightschool.records.rollouts import Fault

VerdictDecision = Literal["promote", "reject", "undecided", "hold", "invalid"]


class Sample(Record):
    """One scored run of one arm. `reward` None means unscored; several samples are repeats, never retries."""

    reward: float | None = Field(ge=0, le=1)
    accuracy: float | None = Field(default=None, ge=0, le=1)
    judge: float | None = Field(default=None, ge=0, le=1)
    fault: Fault | None = None
    cost_usd: float = Field(default=0.0, ge=0)
    latency_s: float = Field(default=0.0, ge=0)
    tokens: int = Field(default=0, ge=0)


class Pair(Record):
    """Incumbent and challenger on the same held-out example, in the same night, under the same grader."""

    session_id: str
    example_id: str
    incumbent: Sequence[Sample]
    challenger: Sequence[Sample]
    slices: Mapping[str, str] = Field(default_factory=dict)
    night: str = Field(default="", description="the run date that bought it")
    user_id: str = ""


class Health(Record):
    """What is known about the measurement itself, beside the rewards."""

    judge_id_incumbent: str = ""
    judge_id_challenger: str = ""
    anchors_good: Sequence[float] = ()
    anchors_bad: Sequence[float] = ()
    anchors_good_reference: float | None = None
    anchors_bad_reference: float | None = None
    anchors_one_arm_drift: bool = False
    stored_incumbent: bool = False
    identical_text: bool = False
    quoted_examples: Sequence[str] = ()
    must_pass_failed: Sequence[str] = ()
    asked_again: Sequence[Pair] = Field(
        default=(), description="questions that make much of the traffic, each asked several times in both arms, beside the bet"
    )
    prompt_tokens_incumbent: int = 0
    prompt_tokens_challenger: int = 0


class SliceFigures(Record):
    """One slice's part in a verdict: gain is the mean of challenger minus incumbent over its examples."""

    kind: str
    value: str
    n: int
    gain: float
    n_units: int = 0
    p_value: float | None = Field(default=None, description="one-sided, of a loss; None where too few units tell")


class ArmRatio(Record):
    """A figure of both arms, as means an answer, and how many times the incumbent's the challenger's is."""

    incumbent: float
    challenger: float

    @property
    def ratio(self) -> float | None:
        """Challenger by incumbent; None where the incumbent's is zero."""
        return self.challenger / self.incumbent if self.incumbent else None

    @property
    def more(self) -> float:
        """Challenger minus incumbent."""
        return self.challenger - self.incumbent


class Verdict(StoredRecord):
    """The gate's decision with all that it rests on. Rewards and gains are in [−1, 1], evidence is odds to one."""

    decision: VerdictDecision
    reason: str = Field(description="one sentence that says what happened")
    warnings: tuple[str, ...] = ()
    evidence: float = Field(default=1.0, description="the running maximum of the gate's wealth")
    needed: float = Field(default=365.0, description="the evidence that promotes: one divided by alpha")
    alpha: float = 1 / 365
    gain: float | None = None
    interval: tuple[float, float] | None = Field(default=None, description="anytime-valid 95 % interval of the gain")
    n_sessions: int = Field(default=0, description="units that were bet on")
    n_pairs: int = 0
    n_unscored: int = Field(default=0, description="pairs in which an arm has no valid score")
    path: tuple[float, ...] = Field(default=(), description="natural log of the wealth after each unit")
    slices: tuple[SliceFigures, ...] = ()
    mean_incumbent: float | None = None
    mean_challenger: float | None = None
    wins: int = 0
    ties: int = 0
    losses: int = 0
    faults_incumbent: int = 0
    faults_challenger: int = 0
    unit: Literal["session", "user"] = Field(default="session", description="what was counted as one observation")
    nights: int = Field(default=1, description="nights that this pair of prompts has been tested")
    budget_spent: float | None = Field(
        default=None, description="share of the year's false promotions that the target's tests have spent, this one's included"
    )
    traffic_share: float | None = Field(
        default=None, description="share of the window's questions that the examined ones stand for, wordings of one counted in"
    )
    calls_saved: int = Field(default=0, description="LLM calls that stopping early has saved tonight, by what the others took")
    complete_share: float | None = Field(default=None, description="share of the pairs in which both arms have a valid score")
    worst_case_gain: float | None = Field(
        default=None, description="the mean gain if every unscored pair had gone against the challenger in full"
    )
    accuracy: ArmRatio | None = Field(default=None, description="mean accuracy, over pairs where both arms have one")
    judge: ArmRatio | None = Field(default=None, description="mean of the judge's part, over pairs where both arms have one")
    cost_usd: ArmRatio | None = Field(default=None, description="USD an answer; None where nothing is known of it")
    latency_s: ArmRatio | None = Field(default=None, description="seconds an answer; None where nothing is known of it")
    answer_tokens: ArmRatio | None = Field(default=None, description="tokens an answer; None where nothing is known of it")
    length_adjusted_gain: float | None = Field(
        default=None, description="the mean gain at equal length of the answers; None where length explains nothing"
    )
    anchors_good: float | None = Field(default=None, description="mean grade of answers known to be good")
    anchors_bad: float | None = Field(default=None, description="mean grade of answers known to be bad")
    anchors_good_reference: float | None = None
    anchors_bad_reference: float | None = None
    not_compared: tuple[str, ...] = Field(default=(), description="what guards had nothing to compare by, like cost")
    smallest_confirmable_gain: float | None = Field(
        default=None, description="the smallest mean gain that so many units, scattering as they do, could have confirmed"
    )
