"""The last lines of `--help`: the table of exit codes, made from the error classes themselves, and examples."""

from __future__ import annotations

import inspect
import re

from nightschool.errors import INTERRUPTED_EXIT_CODE, INVALID_VERDICT_EXIT_CODE, NightschoolError, NoData


def exit_codes() -> dict[int, str]:
    """What each exit code means, in ascending order; the broadest error class of a code speaks for it."""
    meanings = {0: f"Success, or: {_meaning(NoData)}", NightschoolError.exit_code: "Any other error that can be explained"}
    for kind in NightschoolError.__subclasses__():
        meanings.setdefault(kind.exit_code, _meaning(kind))
    meanings[INVALID_VERDICT_EXIT_CODE] = "The gate's verdict is invalid: its numbers can't be trusted"
    meanings[INTERRUPTED_EXIT_CODE] = "Interrupted"
    return dict(sorted(meanings.items()))


def exit_code_table() -> str:
    """The table as the last lines of `--help`."""
    lines = [f"{code:>5}  {meaning}" for code, meaning in exit_codes().items()]
    return as_written("Exit codes (wrong usage is 2, too):", *lines)


def examples(*commands: str) -> str:
    """Example calls as the last lines of a command's `--help`."""
    return as_written("Examples:", *(f"  $ {command}" for command in commands))


def as_written(*lines: str) -> str:
    """Lines that Typer does not join: a backspace at the start of a paragraph is its sign for that."""
    return "\b\n" + "\n".join(lines)


def _meaning(kind: type[NightschoolError]) -> str:
    return re.split(r"[.:;\n]", inspect.getdoc(kind) or "")[0]
