"""Options that several `dataset` commands share, and how to get from them to a night's files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nightschool.artifacts import FolderStore
    from nightschool.dataset.night_data import DataFiles
    from nightschool.dataset.scrubbing import Scrubber
    from nightschool.settings import Settings

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A curated file (JSON).", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
RunDateOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The night's run date. [dim]Default: the last night.[/dim]", show_default=False),
]
FolderOption = Annotated[
    Path | None, typer.Option(help="A folder that `dataset prepare` wrote, instead of a night.", show_default=False)
]


def data_files(settings: Settings, run_date: datetime | None, folder: Path | None) -> DataFiles:
    """The files that the options name.

    Raises:
        DataError: where there are none.
    """
    from nightschool.dataset.night_data import files_in_folder, files_of_night

    if folder is not None:
        return files_in_folder(folder)
    day = None if run_date is None else run_date.date()
    return files_of_night(settings.home, artifacts_of(settings), settings.track, settings.target, day)


def scrubber_of(settings: Settings) -> Scrubber:
    """Replaces what preparation replaces, by the same."""
    from nightschool.dataset import load_or_create_salt
    from nightschool.dataset.scrubbing import Scrubber

    return Scrubber(load_or_create_salt(settings.home), settings.data.scrub)


def artifacts_of(settings: Settings) -> FolderStore:
    """The installation's artifacts."""
    from nightschool import artifacts

    return artifacts.artifacts_of(settings)
