"""What a night can be started with: one model, which Prefect's run form shows and the command line fills."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nightschool.errors import ConfigError
from nightschool.records import BACKFILL, Window
from nightschool.settings import Settings, load_settings
from tasks.choices import as_choice_of_targets, as_form

MOST_DAYS = 3660
MOST_USD = 10_000


class AgentParameters(BaseModel):
    """Which agent, conversations and models. Left empty: as the settings say."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=as_form)

    agent: str | None = Field(default=None, title="Agent", description="The agent's factory, package.module:function.")
    agent_python: str | None = Field(
        default=None,
        title="Agent's interpreter",
        description="Path of the agent's own python, where its packages are not those of nightschool.",
    )
    agent_db: str | None = Field(
        default=None,
        title="Agent database",
        description="Agno's memory: path of SQLite, or postgresql URL; or a file of questions and answers.",
    )
    model: str | None = Field(default=None, title="Model", description="Model of critic, editor and judge.")
    base_url: str | None = Field(default=None, title="Endpoint", description="OpenAI-compatible endpoint of that model.")
    store_url: str | None = Field(default=None, title="Trace store", description="Lightning Store that receives traces.")


class AdvancedParameters(AgentParameters):
    """What is seldom changed for one night. Left empty: as the settings say."""

    track: str | None = Field(
        default=None, title="Track", description="The chain of incumbents; only that of the settings is served."
    )


class RetrainParameters(BaseModel):
    """One night. What is left empty comes from the environment, `.env` or `nightschool.toml`.

    The advanced ones may also be given beside the others, as the command line does.
    """

    model_config = ConfigDict(extra="forbid", title="The night", json_schema_extra=as_form)

    target: str | None = Field(
        default=None,
        title="Target",
        description="What is tuned; the settings' own target, and those that have a prompt already.",
        json_schema_extra=as_choice_of_targets,
    )
    run_date: date | None = Field(
        default=None, title="Run date", description="The night's logical day; empty: yesterday in the settings' time zone."
    )
    days: int | None = Field(
        default=None,
        ge=1,
        le=MOST_DAYS,
        title="Days",
        description="Length of the window in days, up to the run date; empty: as the settings say.",
    )
    start: date | None = Field(default=None, title="First day", description="First day of the window, instead of days.")
    end: date | None = Field(default=None, title="Last day", description="Last day of the window, included; with a first day.")
    algorithm: Literal["apo", "gepa"] | None = Field(
        default=None, title="Algorithm", description="How prompts are searched for; empty: as the settings say."
    )
    strategy: Literal["single", "per_domain", "progressive"] | None = Field(
        default=None,
        title="Strategy",
        description="One search, one for each domain, or from easy to hard; empty: as the settings say.",
    )
    iterations: int | None = Field(
        default=None, ge=1, le=50, title="Iterations", description="Steps of the search; empty: as the settings say."
    )
    budget_usd: float | None = Field(
        default=None,
        gt=0,
        le=MOST_USD,
        title="Budget in USD",
        description="What the night's LLM calls may cost; empty: as the settings say.",
    )
    advanced: AdvancedParameters = Field(
        default=AdvancedParameters(), title="Advanced", description="What is seldom changed for one night."
    )

    @model_validator(mode="before")
    @classmethod
    def _advanced_ones_may_stand_beside(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.keys() & AdvancedParameters.model_fields.keys():
            return given
        beside = {name: value for name, value in given.items() if name in AdvancedParameters.model_fields}
        rest = {name: value for name, value in given.items() if name not in beside}
        return rest | {"advanced": {**_fields_of(rest.get("advanced")), **beside}}

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
        advanced = self.advanced
        given: dict[str, Any] = _without_none(
            {
                "target": self.target,
                "track": advanced.track,
                "agent": advanced.agent,
                "agent_python": advanced.agent_python,
                "agent_db": advanced.agent_db,
                "store_url": advanced.store_url,
            }
        )
        sections: dict[str, dict[str, Any]] = {
            "search": {"max_iterations": self.iterations, "algorithm": self.algorithm, "strategy": self.strategy},
            "models": {"model": advanced.model, "base_url": advanced.base_url},
            "budget": {"max_cost_usd": self.budget_usd},
        }
        given |= {section: known for section, fields in sections.items() if (known := _without_none(fields))}
        return load_settings(**given)

    def window(self, settings: Settings, run_date: date) -> Window:
        """The days that the night reads; exactly these where a first day is given.

        Raises:
            ConfigError: where the first day lies after the last.
        """
        if self.start is None:
            # A backfill reads days that are long over: whatever was stored late is there.
            windows = settings.window if settings.track.startswith(BACKFILL) else settings.window_of_night
            return windows(run_date, days=self.days)
        last = self.end or run_date
        if last < self.start:
            raise ConfigError(
                f"the first day {self.start} lies after the run date {run_date}, the window's last day",
                next_step="Give a later --run-date, or the last day with --end.",
            )
        return Window.of_days(self.start, last, settings.timezone)


class DecideParameters(BaseModel):
    """What a person decides on a win that was held back."""

    model_config = ConfigDict(extra="forbid", title="The decision", json_schema_extra=as_form)

    target: str | None = Field(
        default=None,
        title="Target",
        description="Whose held-back prompt is decided on.",
        json_schema_extra=as_choice_of_targets,
    )
    decision: Literal["approve", "decline"] = Field(
        title="Decision", description="approve: the challenger is served from now on; decline: the incumbent stays."
    )
    reason: str = Field(min_length=3, max_length=2000, title="Reason", description="Why; it stands in the history.")
    name: str = Field(min_length=1, max_length=200, title="Your name", description="Who decides; it stands in the history.")

    def settings(self) -> Settings:
        """The settings of the target.

        Raises:
            ConfigError: naming each setting that is wrong.
        """
        return load_settings(**_without_none({"target": self.target}))


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _fields_of(model: Any) -> dict[str, Any]:
    return model.model_dump(exclude_unset=True) if isinstance(model, BaseModel) else dict(model or {})
