"""Policies of operation: when nights run and how they get on with each other, what is made up for, who is told of what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nightschool.records.base import Record

CatchUp = Literal["one", "none", "all"]
"""What becomes of nights that were missed: the last one runs for all, none runs, each runs."""
QuietNights = Literal["every", "in_a_row", "never"]
"""Which nights without a new prompt are told: each, every so many in a row, none."""


class SchedulePolicy(Record):
    """When the nightly deployment runs, in `timezone`; read by `make up` and `prefect deploy`."""

    cron: str = Field(default="0 3 * * *", description="when the night starts, as five fields of cron")
    catch_up: CatchUp = Field(
        default="one",
        description="after downtime, one: the last missed night runs for all; none: all are skipped; all: all run",
    )
    late_after_h: float = Field(default=24.0, gt=0, description="hours after which a scheduled night counts as missed")


class AlertPolicy(Record):
    """Who is told when a night or a promotion goes wrong; read by `make up`."""

    channels: tuple[str, ...] = Field(
        default=(),
        description="Prefect's notification blocks, as type/name, like `slack-webhook/ops`; secrets stay in the blocks",
    )
    quiet_nights: QuietNights = Field(
        default="every",
        description="which rejected or held challengers are told: every, in_a_row (each `in_a_row` nights), never",
    )
    in_a_row: int = Field(default=5, ge=2, description="rejected or held nights in a row after which in_a_row tells")
    no_night_h: float = Field(default=36.0, gt=0, description="hours without a night that ended well after which that is told")
    hung_after_h: float = Field(default=8.0, gt=0, description="hours after which a run that has not ended counts as hung")


class OperationsPolicy(Record):
    """How runs get on with each other."""

    when_busy: Literal["wait", "end"] = Field(
        default="wait",
        description="what a run does that finds another at the same track and target: wait until that has ended, or end itself",
    )
    share_rollouts_at: str = Field(
        default="",
        description="address at which a search shares its rollouts with `nightschool runner` of other processes and machines, "
        "like 127.0.0.1:4748; empty: it does all of them itself",
    )


class BackfillPolicy(Record):
    """How a range of past dates is gone through; its calls are paid from its own purse and not from the month's."""

    max_cost_usd: float = Field(default=0.0, ge=0, description="USD that all dates of a target may cost together; 0: no limit")
    targets_at_once: int = Field(default=2, ge=1, le=32, description="targets that are gone through at the same time")
    on_failure: Literal["continue", "stop"] = Field(
        default="continue", description="what follows on a date that failed: the next date, or the target's end"
    )
    gives_way: bool = Field(
        default=True, description="whether a date waits while a night of production runs with this registry (of any target)"
    )
