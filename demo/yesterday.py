"""`python -m demo.yesterday settings|answer`: the local desk in this folder, with the day before today answered.

`make up` types it where a folder has no settings: it needs a desk whose conversations are of the real calendar.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console

from demo.desks import local_desk
from demo.night import live_through
from nightschool.errors import NightschoolError


class What(StrEnum):
    """What is made."""

    SETTINGS = "settings"
    ANSWER = "answer"


def main(what: What) -> None:
    """Write the desk's settings, or let its agent answer yesterday's mail; what is there is left as it is."""
    desk, folder = local_desk(), Path.cwd()
    if what is What.SETTINGS:
        (folder / "nightschool.toml").write_text(desk.settings, encoding="utf-8")
        return
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    try:
        live_through(desk, yesterday, folder, Console(highlight=False, soft_wrap=True))
    except NightschoolError as error:
        typer.secho(str(error), fg="red", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    typer.run(main)
