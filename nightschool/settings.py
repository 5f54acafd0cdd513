"""The settings: one class, read from the command line, the environment, `.env` and `nightschool.toml`, in this order.

The names are those of the user's first report where the thing is the same.
Environment: `NIGHTSCHOOL_` and the name, sections with two underscores: `NIGHTSCHOOL_SEARCH__MAX_ITERATIONS=5`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from nightschool.errors import ConfigError
from nightschool.records import (
    AlertPolicy,
    BackfillPolicy,
    BudgetPolicy,
    DataPolicy,
    GatePolicy,
    GradingPolicy,
    ModelPolicy,
    OperationsPolicy,
    PromptPolicy,
    RatePolicy,
    RolloutPolicy,
    SchedulePolicy,
    SearchPolicy,
    ShadowPolicy,
    SourcePolicy,
    TracingPolicy,
    Window,
)

SETTINGS_FILE = "nightschool.toml"
ENV_PREFIX = "NIGHTSCHOOL_"
DEMO_PREFIX = "NIGHTSCHOOL_DEMO_"
OLD_DATABASE_NAME = "user_data_db_path"
REFUSED = {
    "learning_rate": "it means nothing for a text; remove it (search.max_iterations and search.branch_factor set the pace)"
}
"""Settings of other optimizers that people bring along, and what to say to them."""
TARGET_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)?$")


class Environment(EnvSettingsSource):
    """The environment, with the variables that have our prefix and are no setting, so that they are refused.

    A name of the first report's is a setting in the file only: without our prefix a variable is another program's.
    """

    def _load_env_vars(self) -> Mapping[str, str | None]:
        found = super()._load_env_vars()
        return {name: value for name, value in found.items() if name.lower() != OLD_DATABASE_NAME}

    def __call__(self) -> dict[str, Any]:
        """The settings found; a stray variable stands among them under its own name."""
        return EnvSettingsSource.__call__(self) | {
            name.upper(): value for name, value in self.env_vars.items() if self._is_stray(name)
        }

    def _is_stray(self, variable: str) -> bool:
        name = variable.upper()
        if not name.startswith(ENV_PREFIX) or name.startswith(DEMO_PREFIX):
            return False
        setting, _, part = name.removeprefix(ENV_PREFIX).lower().partition("__")
        field = self.settings_cls.model_fields.get(setting)
        return field is None or bool(part and not isinstance(field.default, BaseModel))


class DotEnv(Environment, DotEnvSettingsSource):
    """The file `.env`, read like the environment: what other programs keep in it is theirs."""


class Settings(BaseSettings):
    """All settings of one target; every field says what it means and in which unit."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        toml_file=SETTINGS_FILE,
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        nested_model_default_partial_update=True,
    )

    target: str = Field(default="default", description="what is tuned, like `support` or `support/math`")
    track: str = Field(default="production", description="the chain of incumbents that the night belongs to")
    agent: str = Field(default="", description="the agent's factory, `package.module:function`, taking the prompt")
    agent_python: str = Field(
        default="", description="the agent's own interpreter, where its packages are not ours; empty: it is imported here"
    )
    agent_db: str = Field(
        default="",
        validation_alias=AliasChoices(OLD_DATABASE_NAME, "NIGHTSCHOOL_AGENT_DB"),
        description="the conversations: Agno's memory (a path of SQLite, or a postgresql URL), or a file (docs/sources.md)",
    )
    agent_id: str = Field(default="", description="only turns of this agent are read; empty: of every agent in the database")
    seed_prompt: str = Field(
        default="", description="the first prompt, where nothing was promoted yet; empty: the factory's default"
    )
    publishers: tuple[str, ...] = Field(
        default=("file",),
        description="where a promoted prompt goes: `file` (what load_prompt reads), `agno` (Agno's versioned configs, in the "
        "database of the factory's agent), or the site's own `package.module:object`",
    )
    home: Path = Field(default=Path(".nightschool"), description="folder of registry, journal, artifacts, reports and logs")
    timezone: str = Field(default="UTC", description="time zone in which days begin and the schedule runs")
    registry_url: str = Field(default="", description="SQLAlchemy URL of the registry; empty: a file in `home`")
    journal_url: str = Field(default="", description="SQLAlchemy URL of the journal; empty: a file in `home`")
    feedback_url: str = Field(default="", description="SQLAlchemy URL of ratings and corrections; empty: a file in `home`")
    artifacts_url: str = Field(
        default="", description="object storage of the artifacts, like s3://bucket/nightschool; empty: a folder in `home`"
    )
    store_url: str = Field(
        default="", description="Lightning Store that receives traces, like http://localhost:4747; empty: none"
    )
    openai_api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY", "NIGHTSCHOOL_OPENAI_API_KEY"),
        description="key of the critic's, editor's and judge's endpoint",
    )
    agentops_api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("agentops_api_key", "AGENTOPS_API_KEY", "NIGHTSCHOOL_AGENTOPS_API_KEY"),
        description="key of AgentOps, which then receives the traces; empty: it does not",
    )
    runners_token: SecretStr = Field(
        default=SecretStr(""),
        description="what `nightschool runner` must know where searches share their rollouts beyond this machine",
    )
    source: SourcePolicy = SourcePolicy()
    data: DataPolicy = DataPolicy()
    models: ModelPolicy = ModelPolicy()
    grading: GradingPolicy = GradingPolicy()
    prompt: PromptPolicy = PromptPolicy()
    rate: RatePolicy = RatePolicy()
    rollouts: RolloutPolicy = RolloutPolicy()
    search: SearchPolicy = SearchPolicy()
    gate: GatePolicy = GatePolicy(unit="auto")
    shadow: ShadowPolicy = ShadowPolicy()
    budget: BudgetPolicy = BudgetPolicy()
    tracing: TracingPolicy = TracingPolicy()
    operations: OperationsPolicy = OperationsPolicy()
    backfill: BackfillPolicy = BackfillPolicy()
    schedule: SchedulePolicy = SchedulePolicy()
    alerts: AlertPolicy = AlertPolicy()

    @field_validator("target")
    @classmethod
    def _target_is_a_name(cls, value: str) -> str:
        if not TARGET_PATTERN.match(value):
            raise ValueError("a target is lower-case letters, digits, - and _, with at most one / in it, like support/math")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, ZoneInfoNotFoundError, IsADirectoryError):
            raise ValueError(f"{value!r} is not an IANA time zone, like Asia/Ho_Chi_Minh") from None
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line (given to the constructor), then environment, `.env`, `nightschool.toml`, defaults."""
        return init_settings, Environment(settings_cls), DotEnv(settings_cls), TomlConfigSettingsSource(settings_cls)

    def database_url(self, name: str) -> str:
        """The URL of `registry`, `journal` or `feedback`: as set, else a SQLite file in `home`."""
        url: str = getattr(self, f"{name}_url")
        return url or f"sqlite:///{(self.home / f'{name}.db').absolute()}"

    def window(self, run_date: date, *, days: int | None = None) -> Window:
        """The whole local days that end with the run date, as many as the data policy says."""
        length = days or self.data.max_real_data_age_days
        return Window.of_days(run_date - timedelta(days=length - 1), run_date, self.timezone)

    def window_of_night(self, run_date: date, *, days: int | None = None) -> Window:
        """The same, and no shorter than it takes to meet turns that were stored after their own night (`data.overlap_days`)."""
        length = days or self.data.max_real_data_age_days
        again = max(0, self.data.overlap_days + 1 - length)
        return self.window(run_date, days=length + again).model_copy(update={"overlap_days": again})

    def yesterday(self, now: datetime) -> date:
        """The last whole local day before `now` (aware): the default run date."""
        return now.astimezone(ZoneInfo(self.timezone)).date() - timedelta(days=1)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `overrides` are the command line's.

    Raises:
        ConfigError: naming each wrong setting, and where settings come from.
    """
    import tomllib

    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise ConfigError(_explain(error), next_step=_next_step(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{SETTINGS_FILE} is not valid TOML: {error}", next_step=f"Correct {SETTINGS_FILE} in this folder."
        ) from None


def _explain(error: ValidationError) -> str:
    lines = [f"  {'.'.join(str(part) for part in item['loc'])}: {_plain_message(item)}" for item in error.errors()]
    return "The settings can't be used:\n" + "\n".join(lines)


def _plain_message(item: Any) -> str:
    if item["type"] == "extra_forbidden":
        return REFUSED.get(_last_part(item), "there is no such setting")
    return str(item["msg"]).removeprefix("Value error, ")


def _next_step(error: ValidationError) -> str:
    unknown = [_last_part(item) for item in error.errors() if item["type"] == "extra_forbidden"]
    similar = [name for name in (_closest(word) for word in unknown if word not in REFUSED) if name]
    hint = f"Did you mean {', '.join(similar)}? " if similar else ""
    return f"{hint}`nightschool doctor` lists every setting, its value and where it came from."


def _last_part(item: Any) -> str:
    """The name itself, without its section, also of an environment variable."""
    return str(item["loc"][-1]).removeprefix(ENV_PREFIX).lower().rsplit("__", 1)[-1]


def _closest(word: str) -> str:
    import difflib

    by_last_part = {name.rsplit(".", 1)[-1]: name for name in _names_of(Settings)}
    found = difflib.get_close_matches(word, by_last_part, n=1)
    return by_last_part[found[0]] if found else ""


def _names_of(model: type[BaseModel], above: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{above}{name}"
        if isinstance(field.default, BaseModel):
            yield from _names_of(type(field.default), f"{above}{name}.")
