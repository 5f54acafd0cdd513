"""`backup` and `restore`: all that an installation keeps, as one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nightschool.cli.options import settings_of

FolderArgument = Annotated[Path, typer.Argument(help="The backup's folder.", show_default=False)]


def backup(ctx: typer.Context, folder: FolderArgument) -> None:
    """Copy registry, journal, feedback and files into a folder; nights may run meanwhile. Again it adds what is new."""
    from nightschool.backup import back_up

    _tell(back_up(settings_of(ctx), folder), f"are in {folder}")


def restore(ctx: typer.Context, folder: FolderArgument) -> None:
    """Put a backup into the empty databases and home folder that the settings name: also the way to PostgreSQL."""
    from nightschool.backup import restore as put_back

    _tell(put_back(settings_of(ctx), folder), "are back; check it: nightschool doctor, nightschool verify")


def _tell(copied: dict[str, int], where: str) -> None:
    counts = ", ".join(f"{number:,} of {name}" for name, number in copied.items() if number)
    typer.echo(f"Rows and files ({counts or 'none'}) {where}.")
