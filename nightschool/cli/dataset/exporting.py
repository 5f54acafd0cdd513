"""`export`: a night's sets for other programs, or its passing rollouts to fine-tune a model on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightschool.cli.dataset.options import FolderOption, RunDateOption, data_files, scrubber_of
from nightschool.cli.options import TargetOption, TrackOption, settings_of
from nightschool.errors import ConfigError, DataError

if TYPE_CHECKING:
    from datetime import datetime

    from nightschool.records import ExampleSet, Night, Rollout
    from nightschool.settings import Settings

SETS: tuple[ExampleSet, ...] = ("train", "validation", "held_out")


def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.", show_default=False)],
    sft: Annotated[
        bool, typer.Option("--sft", help="Passing rollouts as chats (JSONL) to fine-tune a model on, instead of examples.")
    ] = False,
    set_name: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SET", help="train, validation or held_out; may be repeated. [dim]Default: all.[/dim]"),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="json, jsonl, csv or parquet; else as the file's ending says.", show_default=False)
    ] = "",
    min_reward: Annotated[float, typer.Option(min=0, max=1, help="With --sft: a rollout with this reward passes.")] = 0.8,
    run_date: RunDateOption = None,
    folder: FolderOption = None,
    target: TargetOption = "",
    track: TrackOption = "",
) -> None:
    """Write a night's examples, or with --sft the best passing rollout of each train and validation example.

    Held-out examples are there to be looked at, never to be trained on; --sft leaves their rollouts out.
    """
    settings = settings_of(ctx, target=target, track=track)
    if sft:
        if set_name or form or folder is not None:
            raise ConfigError("--sft goes with --run-date and --min-reward only.", next_step="nightschool dataset export --help")
        _export_chats(settings, file, run_date, min_reward)
    else:
        _export_sets(settings, file, set_name or list(SETS), form, run_date, folder)


def _export_sets(
    settings: Settings, file: Path, names: list[str], form: str, run_date: datetime | None, folder: Path | None
) -> None:
    from nightschool.dataset.exporting import export_sets, format_of

    if unknown := set(names) - set(SETS):
        raise ConfigError(f"There is no set {min(unknown)!r}.", next_step=f"Take one of {', '.join(SETS)}.")
    wanted = [name for name in SETS if name in names]
    files = data_files(settings, run_date, folder)
    written = export_sets(files.examples, wanted, file, format_of(file, form))
    typer.echo(f"{file}: {written} examples ({', '.join(wanted)}) of {files.description}.")
    if "held_out" in wanted:
        typer.echo("Held-out examples are among them: never train on these, nor write them into prompts.", err=True)


def _export_chats(settings: Settings, file: Path, run_date: datetime | None, min_reward: float) -> None:
    from nightschool.dataset.exporting import export_chats

    files = data_files(settings, run_date, None)
    assert files.night is not None
    chats = export_chats(
        _rollouts(settings, files.night),
        files.examples,
        file,
        min_reward=min_reward,
        scrubber=scrubber_of(settings),
    )
    typer.echo(f"{file}: {chats.written} chats from {chats.rollouts} rollouts of {files.description}.")
    left_out = {
        f"with a reward below {min_reward:g} or a fault": chats.failed,
        "weaker than another one of the same example": chats.weaker,
        "on held-out examples, which are never trained on": chats.held_out,
        "of examples that the night no longer has": chats.unknown,
    }
    for why, number in left_out.items():
        if number:
            typer.echo(f"  left out: {number} {why}", err=True)


def _rollouts(settings: Settings, night: Night) -> list[Rollout]:
    """The night's scored rollouts, out of the journal.

    Raises:
        DataError: the journal has none.
    """
    from nightschool.llm import Journal
    from nightschool.records import Rollout

    if settings.journal_url or (settings.home / "journal.db").exists():
        journal = Journal(settings.database_url("journal"), night)
        try:
            found = [Rollout.model_validate_json(value) for value in journal.kept("rollout")]
        finally:
            journal.close()
        if found:
            return found
    raise DataError(
        f"The journal has no rollout of the night of {night.run_date}.",
        next_step="Name a night that has searched (--run-date); a night without data runs no rollout.",
    )
