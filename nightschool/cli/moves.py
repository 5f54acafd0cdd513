"""`rollback`, `adopt`, `approve` and `decline`: what people decide about the prompt that is served."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightschool.cli.options import TargetOption, TrackOption, registry_of, settings_of
from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from nightschool.registry import Registry, Transition
    from nightschool.settings import Settings


def _some_reason(reason: str) -> str:
    """What was said; a reason that says nothing is asked for again, or refused."""
    if not reason.strip():
        raise typer.BadParameter("say why: it stands in the history")
    return reason.strip()


ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason", "-r", help="Why; it stands in the history.", prompt="Why", show_default=False, callback=_some_reason
    ),
]
ByOption = Annotated[str, typer.Option("--by", help="Who decides; else the name of the user who types.", show_default=False)]


def rollback(
    ctx: typer.Context,
    to: Annotated[
        str,
        typer.Argument(help="The start of a version's name; the one before the present one if not given.", show_default=False),
    ] = "",
    reason: ReasonOption = "",
    target: TargetOption = "",
    track: TrackOption = "",
) -> None:
    """Serve an earlier prompt again."""
    settings = settings_of(ctx, target=target, track=track)
    with _moving(settings) as registry:
        made = registry.by_hand.rollback(settings.track, settings.target, reason=reason, to=to, locked=settings.prompt.locked)
        publish_and_tell(registry, settings, made)


def adopt(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A text file with the prompt; nothing of it is changed.")],
    reason: ReasonOption = "",
    target: TargetOption = "",
    track: TrackOption = "",
) -> None:
    """Serve a prompt that a person wrote, without an exam."""
    settings = settings_of(ctx, target=target, track=track)
    text = read_text(file)
    with _moving(settings) as registry:
        made = registry.by_hand.adopt(settings.track, settings.target, text, reason=reason, locked=settings.prompt.locked)
        publish_and_tell(registry, settings, made)


def approve(
    ctx: typer.Context, reason: ReasonOption = "", by: ByOption = "", target: TargetOption = "", track: TrackOption = ""
) -> None:
    """Serve the win that was held back for a person to look at."""
    settings = settings_of(ctx, target=target, track=track)
    with _moving(settings) as registry:
        made = registry.by_hand.approve(
            settings.track, settings.target, reason=reason, by=by or _who_types(), locked=settings.prompt.locked
        )
        publish_and_tell(registry, settings, made)


def decline(
    ctx: typer.Context, reason: ReasonOption = "", by: ByOption = "", target: TargetOption = "", track: TrackOption = ""
) -> None:
    """Leave the served prompt where it is: the win that was held back is not served, else the open test ends."""
    settings = settings_of(ctx, target=target, track=track)
    with registry_of(settings) as registry:
        held = registry.by_hand.decline(settings.track, settings.target, reason=reason, by=by or _who_types())
    typer.echo(f"Declined: {held.challenger} is not served; {held.incumbent} stays.")


def _who_types() -> str:
    """The name of the user who types; empty where this machine knows none, as in a container with a foreign user's number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


@contextlib.contextmanager
def _moving(settings: Settings) -> Iterator[Registry]:
    """The registry; a move or its publishing that fails is left in its outbox, to be told to others than who types."""
    from nightschool.publishing import failures_left

    with registry_of(settings) as registry, failures_left(registry, settings):
        yield registry


def publish_and_tell(registry: Registry, settings: Settings, made: Transition) -> None:
    """Publish what a move owes, and say what is served now."""
    from nightschool.publishing import publish_owed

    publish_owed(registry, settings)
    typer.echo(f"{made.target} is now served with {made.version} instead of {made.previous or 'nothing'} ({made.kind}).")


def read_text(file: Path) -> str:
    """What a person's text file holds.

    Raises:
        ConfigError: where it can't be read, or holds nothing.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} can't be read: {error}", next_step="Give a text file in UTF-8.") from error
    if not text.strip():
        raise ConfigError(f"{file} is empty.", next_step="Give a file that holds something.")
    return text
