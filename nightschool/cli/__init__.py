"""The command line: inspect and operate. `nightschool --help` lists the commands."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `nightschool` command."""
    from nightschool.cli.app import app

    app()
