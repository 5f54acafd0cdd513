"""`python -m demo --model local|simulated`."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nightschool.errors import INTERRUPTED_EXIT_CODE, NightschoolError


class Model(StrEnum):
    """Who answers, criticises and edits."""

    LOCAL = "local"
    SIMULATED = "simulated"


def main(
    model: Annotated[Model, typer.Option(help="A real small model on this machine, or the simulated one.")] = Model.LOCAL,
    home: Annotated[Path | None, typer.Option(help="Folder of the demo. [dim]Default: .demo/MODEL[/dim]")] = None,
) -> None:
    """Run one night of a support desk. Typed again, it is the next night; remove the folder to start over."""
    from demo.desks import DESKS
    from demo.night import run_demo

    try:
        code = run_demo(DESKS[model](), (home or Path(".demo") / model).absolute())
    except NightschoolError as error:
        typer.secho(str(error), fg="red", err=True)
        code = error.exit_code
    except KeyboardInterrupt:
        typer.echo("Interrupted. The same command goes on where this one stopped.", err=True)
        code = INTERRUPTED_EXIT_CODE
    sys.exit(code)


if __name__ == "__main__":
    typer.run(main)
