"""What a backfill can be started with: one model, which Prefect's run form shows and the command line fills."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from nightschool.preflight.backfill import Reprocess
from nightschool.settings import TARGET_PATTERN
from tasks.choices import as_choice_of_targets, as_form
from tasks.parameters import MOST_DAYS, MOST_USD, AgentParameters, RetrainParameters

AS_OF = "as-of"
DAYS_OF = {"d": 1, "w": 7}


def _as_choices_of_targets(schema: dict[str, Any]) -> None:
    """Make a list's JSON schema one of the targets that are known where the form is made."""
    as_choice_of_targets(schema["items"])
    schema["items"].pop("default", None)


class BackfillParameters(BaseModel):
    """A range of past run dates, each retrained as of then, on a track of its own. Left empty: as the settings say."""

    model_config = ConfigDict(extra="forbid", title="The backfill", json_schema_extra=as_form)

    start: date = Field(title="First run date", description="The first day that is retrained as of its end.")
    end: date = Field(title="Last run date", description="The last one; it must be over.")
    targets: list[str] = Field(
        default=[],
        title="Targets",
        description="What is tuned, each on a track of its own, side by side; empty: the settings' target.",
        json_schema_extra=_as_choices_of_targets,
    )
    every: str = Field(
        default="1d",
        pattern=r"^[1-9][0-9]{0,2}[dw]$",
        title="Every",
        description="The step from one run date to the next: 1d is every day, 1w every week.",
    )
    days: int | None = Field(
        default=None,
        ge=1,
        le=MOST_DAYS,
        title="Days",
        description="Length of each date's window, up to its run date; empty: as the settings say.",
    )
    from_incumbent: str = Field(
        default=AS_OF,
        min_length=1,
        title="Start from",
        description="The prompt of the first date: as-of (what production had then), or a version, by the beginning of its name.",
    )
    reprocess: Reprocess = Field(
        default="failed",
        title="Reprocess",
        description="What is done again: none of what has ended, what failed, or all (on a new track).",
    )
    on_failure: Literal["continue", "stop"] | None = Field(
        default=None,
        title="On failure",
        description="After a date that failed: continue with the next, or stop; empty: as the settings say.",
    )
    promote_last: bool = Field(
        default=False,
        title="Promote the last",
        description="Send the prompt that the last date ends with to production's ordinary gate; else production is not touched.",
    )
    dry_run: bool = Field(default=False, title="Dry run", description="Show the plan with what it can cost, and stop.")
    iterations: int | None = Field(
        default=None, ge=1, le=50, title="Iterations", description="Steps of each date's search; empty: as the settings say."
    )
    budget_usd: float | None = Field(
        default=None,
        gt=0,
        le=MOST_USD,
        title="Budget of a date in USD",
        description="What one date's LLM calls may cost; empty: as the settings say. For all together: backfill.max_cost_usd.",
    )
    advanced: AgentParameters = Field(
        default=AgentParameters(), title="Advanced", description="What is seldom changed for one backfill."
    )

    @field_validator("targets")
    @classmethod
    def _targets_are_names(cls, targets: list[str]) -> list[str]:
        wrong = [target for target in targets if not TARGET_PATTERN.match(target)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no target: lower-case letters, digits, - and _, with at most one /")
        return list(dict.fromkeys(targets))

    @model_validator(mode="after")
    def _range_is_whole(self) -> BackfillParameters:
        if self.end < self.start:
            raise ValueError(f"the last run date {self.end} lies before the first {self.start}")
        if (self.end - self.start).days > MOST_DAYS:
            raise ValueError(f"from {self.start} to {self.end} are more than {MOST_DAYS} days")
        return self

    @property
    def targets_or_default(self) -> list[str | None]:
        """The targets; None stands for the settings' own."""
        return [*self.targets] or [None]

    @property
    def every_days(self) -> int:
        """Days from one run date to the next."""
        return int(self.every[:-1]) * DAYS_OF[self.every[-1]]

    def night(self, target: str | None, **of_the_date: Any) -> RetrainParameters:
        """The parameters of one date's night; more of them by name, like `run_date` and `track`.

        Without any more they give the target's settings.
        """
        shared = {"target": target, "days": self.days, "iterations": self.iterations, "budget_usd": self.budget_usd}
        given = {**shared, **self.advanced.model_dump(), **of_the_date}
        return RetrainParameters.model_validate({name: value for name, value in given.items() if value is not None})
