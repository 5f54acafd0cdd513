"""`export` and `import`: prompts as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nightschool.cli.moves import publish_and_tell, read_text
from nightschool.cli.options import TargetOption, TrackOption, registry_of, settings_of
from nightschool.errors import ConfigError


def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The JSON file to write; - writes to the terminal.", allow_dash=True)],
    target: TargetOption = "",
    track: TrackOption = "",
) -> None:
    """Write the prompts that were served, with their rewards, to a file (best_prompts.json)."""
    from nightschool.registry.exchange import export_prompts

    settings = settings_of(ctx, target=target, track=track)
    with registry_of(settings) as registry:
        found = export_prompts(registry, settings.track, settings.target)
    if not found.prompts:
        raise ConfigError(
            f"Nothing was served yet for the target {settings.target!r} on the track {settings.track!r}.",
            next_step="Name another one with --target or --track; `nightschool doctor` lists them.",
        )
    write_file(file, found.model_dump_json(indent=2))
    if str(file) != "-":
        typer.echo(f"{len(found.prompts)} prompts of {found.target} are in {file}.")


def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A JSON file, of `nightschool export` or of another program.")],
    target: TargetOption = "",
    track: TrackOption = "",
) -> None:
    """Keep the prompts of a file as versions; the best one is served where nothing was served yet."""
    from nightschool.registry import Registry
    from nightschool.registry.exchange import import_prompts, read_prompts

    settings = settings_of(ctx, target=target, track=track)
    found = read_prompts(read_text(file))
    with Registry(settings.database_url("registry")) as registry:
        made = import_prompts(registry, found, settings.track, settings.target, source=file.name)
        typer.echo(f"{len(found.texts)} prompts are kept.")
        if made is not None:
            publish_and_tell(registry, settings, made)
        else:
            typer.echo(f"The incumbent of {settings.target} stays. Serve another one: nightschool rollback VERSION --reason …")


def write_file(file: Path, content: str) -> None:
    """Write a result to a file in one step, or to the terminal for "-".

    Raises:
        ConfigError: where it can't be written.
    """
    if str(file) == "-":
        typer.echo(content)
        return
    beside = file.with_name(f".{file.name}.tmp")
    try:
        beside.write_text(content + "\n", encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise ConfigError(f"{file} can't be written: {error}", next_step="Name a file in a folder that is there.") from error
