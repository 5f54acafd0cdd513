"""What a night can be started with: one model, which Prefect's run form shows and the command line fills."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nightschool.errors import ConfigError
from nightschool.records import Window
from nightschool.settings import Settings, load_settings

MOST_DAYS = 3660


class RetrainParameters(BaseModel):
    """One night. What is left empty comes from the environment, `.env` or `nightschool.toml`."""

    model_config = ConfigDict(extra="forbid")

    target: str | None = Field(default=None, title="Target", description="What is tuned, like support or support/math.")
    run_date: date | None = Field(
        default=None, title="Run date", description="The night's logical day; empty: yesterday in the settings' time zone."
    )
    days: int | None = Field(
        default=None, ge=1, le=MOST_DAYS, title="Days", description="Length of the window in days, up to the run date."
    )
    start: date | None = Field(default=None, title="First day", description="First day of the window, instead of days.")
    end: date | None = Field(default=None, title="Last day", description="Last day of the window, included; with a first day.")
    agent: str | None = Field(default=None, title="Agent", description="The agent's factory, package.module:function.")
    agent_db: str | None = Field(
        default=None,
        title="Agent database",
        description="Agno's memory: path of SQLite, or postgresql URL; or a file of questions and answers.",
    )
    strategy: Literal["single", "per_domain", "progressive"] | None = Field(
        default=None,
        title="Plan",
        description="One search, one for each domain, or from easy to hard; empty: as the settings say.",
    )
    iterations: int | None = Field(default=None, ge=1, le=50, title="Iterations", description="Steps of the search.")
    algorithm: Literal["apo"] | None = Field(default=None, title="Algorithm", description="How prompts are searched for.")
    model: str | None = Field(default=None, title="Model", description="Model of critic, editor and judge.")
    base_url: str | None = Field(default=None, title="Endpoint", description="OpenAI-compatible endpoint of that model.")
    store_url: str | None = Field(default=None, title="Trace store", description="Lightning Store that receives traces.")
    track: str | None = Field(default=None, title="Track", description="The chain of incumbents; empty: production.")

    @model_validator(mode="after")
    def _window_is_whole(self) -> RetrainParameters:
        if self.end is not None and self.start is None:
            raise ValueError("a last day needs a first day (--start)")
        if self.start is not None and self.days is not None:
            raise ValueError("give either --days or --start and --end")
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError(f"the last day {self.end} lies before the first day {self.start}")
        return self

    def settings(self) -> Settings:
        """The settings with what was given here on top.

        Raises:
            ConfigError: naming each setting that is wrong.
        """
        given: dict[str, Any] = {
            name: value
            for name in ("target", "track", "agent", "agent_db", "store_url")
            if (value := getattr(self, name)) is not None
        }
        sections: dict[str, dict[str, Any]] = {
            "search": {"max_iterations": self.iterations, "algorithm": self.algorithm, "strategy": self.strategy},
            "models": {"model": self.model, "base_url": self.base_url},
        }
        given |= {section: known for section, fields in sections.items() if (known := _without_none(fields))}
        return load_settings(**given)

    def window(self, settings: Settings, run_date: date) -> Window:
        """The days that the night reads.

        Raises:
            ConfigError: where the first day lies after the last.
        """
        if self.start is None:
            return settings.window(run_date, days=self.days)
        last = self.end or run_date
        if last < self.start:
            raise ConfigError(
                f"the first day {self.start} lies after the run date {run_date}, the window's last day",
                next_step="Give a later --run-date, or the last day with --end.",
            )
        return Window.of_days(self.start, last, settings.timezone)


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
