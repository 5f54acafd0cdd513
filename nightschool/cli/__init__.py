"""The command line: inspect and operate. `nightschool --help` lists the commands."""

from __future__ import annotations

import importlib.util
import sys

NEEDED = ("typer", "rich", "pydantic_settings", "sqlalchemy")


def main() -> None:
    """Entry point of the `nightschool` command.

    Raises:
        SystemExit: with 2 where only what production agents need is installed.
    """
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        sys.stderr.write('The nightschool command needs more than load_prompt does.\nType: pip install "nightschool[tools]"\n')
        raise SystemExit(2)
    from nightschool.cli.app import app

    app()
