"""`history`, `show` and `diff`: which prompts were served, when and why."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated

import typer

from nightschool.cli.options import TargetOption, TrackOption, registry_of, settings_of
from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from nightschool.records import PromptVersion
    from nightschool.registry import Registry
    from nightschool.settings import Settings

VersionArgument = Annotated[
    str, typer.Argument(help="The start of a version's name; the incumbent if not given.", show_default=False)
]


def history(
    ctx: typer.Context,
    target: TargetOption = "",
    track: TrackOption = "",
    everything: Annotated[bool, typer.Option("--all", help="Also the exams that moved nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")] = False,
) -> None:
    """List the prompts that were served, newest first, with what the exam said."""
    from nightschool.cli.tables import history_rows, history_table, print_table

    settings = settings_of(ctx, target=target, track=track)
    with registry_of(settings) as registry:
        moves = registry.history(settings.track, settings.target)
        verdicts = registry.verdicts(settings.track, settings.target)
        if not moves:
            raise nothing_served(registry, settings)
    rows = history_rows(moves, verdicts, everything=everything)
    if as_json:
        for row in rows:
            typer.echo(row.model_dump_json())
    else:
        print_table(history_table(rows, title=f"{settings.target} on {settings.track}"))


def show(
    ctx: typer.Context,
    version: VersionArgument = "",
    target: TargetOption = "",
    track: TrackOption = "",
    text_only: Annotated[bool, typer.Option("--text", help="Print the prompt's text and nothing else.")] = False,
) -> None:
    """Show a prompt version: its text, and where it came from."""
    from nightschool.cli.tables import lineage_table, print_table

    settings = settings_of(ctx, target=target, track=track)
    with registry_of(settings) as registry:
        prompt = registry.version(version) if version else _incumbent(registry, settings)
        moves = registry.history(settings.track, settings.target)
    if not text_only:
        print_table(lineage_table(prompt, moves))
    typer.echo(prompt.text)


def diff(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="A", help="The start of a version's name.")],
    new: Annotated[str, typer.Argument(metavar="B", help="The start of another version's name.")],
) -> None:
    """Compare two prompt versions, line by line."""
    with registry_of(settings_of(ctx)) as registry:
        before, after = registry.version(old), registry.version(new)
    if before.version == after.version:
        typer.echo(f"Both are version {before.version}.")
        return
    texts = before.text.splitlines(), after.text.splitlines()
    for line in difflib.unified_diff(*texts, before.version, after.version, lineterm=""):
        typer.echo(typer.style(line, fg=_COLOURS.get(line[:1])))


_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def _incumbent(registry: Registry, settings: Settings) -> PromptVersion:
    found = registry.incumbent(settings.track, settings.target)
    if found is None:
        raise nothing_served(registry, settings)
    return found


def nothing_served(registry: Registry, settings: Settings) -> ConfigError:
    """What is said of a target that nothing was served for: which ones there are."""
    known = ", ".join(f"{target} on {track}" for track, target in registry.targets()[:8])
    return ConfigError(
        f"Nothing was served yet for the target {settings.target!r} on the track {settings.track!r}.",
        next_step=f"Name another one with --target or --track; the registry knows {known or 'none yet'}.",
    )
