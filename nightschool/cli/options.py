"""What all commands share: the global options, and how to get from them to settings and to the registry."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightschool.errors import ConfigError, PromotionError

if TYPE_CHECKING:
    from nightschool.registry import Registry
    from nightschool.settings import Settings

TargetOption = Annotated[str, typer.Option(help="The target; else the setting `target`.", show_default=False)]
TrackOption = Annotated[str, typer.Option(help="The track; else the setting `track`.", show_default=False)]


@dataclass(frozen=True)
class Options:
    """The global options."""

    home: Path | None = None
    debug: bool = False

    @property
    def given(self) -> dict[str, Any]:
        """The settings that the global options set."""
        return {} if self.home is None else {"home": self.home}


def settings_of(ctx: typer.Context, **given: Any) -> Settings:
    """The settings, with what the command line gave; empty options are not given."""
    from nightschool.settings import load_settings

    return load_settings(**ctx.obj.given, **{name: value for name, value in given.items() if value})


@contextlib.contextmanager
def registry_of(settings: Settings) -> Iterator[Registry]:
    """The registry, which must exist already; what a promotion still owes to the agents is published on the way.

    Raises:
        ConfigError: where there is no registry yet.
    """
    from nightschool.publishing import publish_owed
    from nightschool.registry import Registry

    _require_registry(settings)
    with Registry(settings.database_url("registry")) as registry:
        try:
            publish_owed(registry, settings)
        except PromotionError as error:
            typer.echo(f"Warning: {error}", err=True)
        yield registry


def registry_file(settings: Settings) -> Path | None:
    """The registry's SQLite file in `home`; None where a URL names another database."""
    return None if settings.registry_url else settings.home / "registry.db"


def _require_registry(settings: Settings) -> None:
    file = registry_file(settings)
    if file is not None and not file.exists():
        raise ConfigError(
            f"There is no registry at {file}: no night has run with this home folder.",
            next_step="Run `nightschool retrain`, or name the right folder with --home or NIGHTSCHOOL_HOME.",
        )
