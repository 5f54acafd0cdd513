"""What the commands share: how options are checked, and how a command ends."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from nightschool.errors import INTERRUPTED_EXIT_CODE, ConfigError, NightschoolError

if TYPE_CHECKING:
    from pydantic import BaseModel

EXIT_CODES = """
Exit codes: 0 the night ended well (Promoted, Rejected, Undecided, Held, NoData), 1 a bug, 2 a wrong setting or option,
3 the data can't be used, 4 a model endpoint failed, 5 the promotion failed, 6 the verdict is invalid, 130 interrupted.
"""

Parameters = TypeVar("Parameters", bound="BaseModel")


def validated(model: type[Parameters], given: dict[str, Any], command: str) -> Parameters:
    """The options as the flow's parameters; options that were not given are the model's defaults.

    Raises:
        ConfigError: with all that is wrong.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate({name: _plain(value) for name, value in given.items() if value is not None})
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'options'}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise ConfigError(said, next_step=f"python -m flows {command} --help") from None


def guarded(run: Callable[[], int], *, debug: bool) -> None:
    """Turn errors into one screen and an exit code."""
    try:
        code = run()
    except NightschoolError as error:
        if debug:
            traceback.print_exc()
        typer.secho(f"{type(error).__name__}: {error.message}", fg="red", err=True)
        if error.next_step:
            typer.echo(error.next_step, err=True)
        code = error.exit_code
    except KeyboardInterrupt:
        typer.echo("Interrupted. The same command goes on where this one stopped.", err=True)
        code = INTERRUPTED_EXIT_CODE
    sys.exit(code)


def _plain(value: Any) -> Any:
    """An option's value; Typer reads days as moments."""
    return value.date() if isinstance(value, datetime) else value
