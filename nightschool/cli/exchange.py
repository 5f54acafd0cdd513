"""`export`, `import` and `verify`: prompts as a file, and what a promotion rests on."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightschool.cli.moves import publish_and_tell, read_text
from nightschool.cli.options import TargetOption, TrackOption, registry_of, settings_of
from nightschool.cli.prompts import nothing_served
from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from nightschool.registry import Registry
    from nightschool.settings import Settings


def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The JSON file to write; - writes to the terminal.", allow_dash=True)],
    proof: Annotated[bool, typer.Option("--proof", help="Write what a promotion rests on, for anybody to verify.")] = False,
    version: Annotated[
        str, typer.Option(help="With --proof: whose promotion, by the start of its name; else the last one.", show_default=False)
    ] = "",
    target: TargetOption = "",
    track: TrackOption = "",
) -> None:
    """Write the prompts that were served, with their rewards (best_prompts.json), or the proof of a promotion."""
    if version and not proof:
        raise ConfigError(
            "--version names the promotion that a proof is about; a file of prompts has all of a target's.",
            next_step=f"nightschool export --proof {file} --version {version}, or leave --version out.",
        )
    settings = settings_of(ctx, target=target, track=track)
    with registry_of(settings) as registry:
        content, told = _proof(registry, settings, version) if proof else _prompts(registry, settings)
    write_file(file, content)
    if str(file) != "-":
        typer.echo(told.format(file=file))


def _prompts(registry: Registry, settings: Settings) -> tuple[str, str]:
    from nightschool.registry.exchange import export_prompts

    found = export_prompts(registry, settings.track, settings.target)
    if not found.prompts:
        raise nothing_served(registry, settings)
    return found.model_dump_json(indent=2), f"{len(found.prompts)} prompts of {found.target} are in {{file}}."


def _proof(registry: Registry, settings: Settings, version: str) -> tuple[str, str]:
    from nightschool.registry.proof import proof_of

    found = proof_of(registry, settings.track, settings.target, version)
    told = f"The proof of {found['challenger']['version']} is in {{file}}. Anybody can check it: nightschool verify {{file}}"
    return json.dumps(found, indent=1), told


def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A JSON file, of `nightschool export` or of another program.")],
    target: TargetOption = "",
    track: TrackOption = "",
) -> None:
    """Keep the prompts of a file as versions; the best one is served where nothing was served yet."""
    from nightschool.publishing import failures_left
    from nightschool.registry import Registry
    from nightschool.registry.exchange import import_prompts, read_prompts

    settings = settings_of(ctx, target=target, track=track)
    found = read_prompts(read_text(file))
    with Registry(settings.database_url("registry")) as registry:
        made = import_prompts(registry, found, settings.track, settings.target, source=file.name, locked=settings.prompt.locked)
        typer.echo(f"{len(found.texts)} prompts are kept.")
        if made is not None:
            with failures_left(registry, settings):
                publish_and_tell(registry, settings, made)
        else:
            typer.echo(f"The incumbent of {settings.target} stays. Serve another one: nightschool rollback VERSION --reason …")


def verify(
    ctx: typer.Context,
    proofs: Annotated[
        list[Path] | None, typer.Argument(help="Proofs that `nightschool export --proof` wrote.", show_default=False)
    ] = None,
    target: TargetOption = "",
    track: TrackOption = "",
) -> None:
    """Derive verdicts again: of the registry from its reward rows, or of a proof from itself. Ends with 1 where one differs."""
    if proofs:
        from nightschool.verify import main

        raise typer.Exit(main([str(proof) for proof in proofs]))
    from nightschool.gate.rederiving import rederive

    settings = settings_of(ctx, target=target, track=track)
    with registry_of(settings) as registry:
        found = [rederive(registry, stored) for stored in registry.verdicts(settings.track, settings.target)]
        if not found and registry.incumbent(settings.track, settings.target) is None:
            raise nothing_served(registry, settings)
    for check in found:
        typer.echo(check.line)
    wrong = sum(check.holds is False for check in found)
    typer.echo(
        f"{len(found)} verdicts of {settings.target} on {settings.track}: {wrong or 'none'} differ from what they rest on."
    )
    if wrong:
        raise typer.Exit(1)


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
        with contextlib.suppress(OSError):  # where it was not even written
            beside.unlink()
        raise ConfigError(f"{file} can't be written: {error}", next_step="Name a file in a folder that is there.") from error
