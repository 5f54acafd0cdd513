"""`retrain`, `backfill` and `runner`: hand over to `python -m flows …`, in a process of its own; the library knows no Prefect."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from nightschool.errors import ConfigError


def retrain(ctx: typer.Context) -> None:
    """Run a night: takes all options of `python -m flows retrain`, and `--help` lists them."""
    raise typer.Exit(hand_over("retrain", ctx.args, home=ctx.obj.home))


def backfill(ctx: typer.Context) -> None:
    """Run a range of past nights: takes all options of `python -m flows backfill`, and `--help` lists them."""
    raise typer.Exit(hand_over("backfill", ctx.args, home=ctx.obj.home))


def runner(ctx: typer.Context) -> None:
    """Do rollouts for a night of another process or machine: takes all options of `python -m flows runner`."""
    raise typer.Exit(hand_over("runner", ctx.args, home=ctx.obj.home))


def hand_over(command: str, arguments: Sequence[str], *, home: Path | None = None) -> int:
    """Run `python -m flows COMMAND …` and wait for it; returns its exit code, 128 + n where signal n ended it.

    Raises:
        ConfigError: where the flows are not installed here.
    """
    _require_flows()
    environment = os.environ if home is None else {**os.environ, "NIGHTSCHOOL_HOME": str(home)}
    code = _run([sys.executable, "-m", "flows", command, *arguments], environment)
    return code if code >= 0 else 128 - code


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own interpreter, no shell
    # Ctrl-C in a terminal reaches both; the night ends in order and then we do. SIGTERM reaches us alone.
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda number, _frame: process.send_signal(number)),
    }
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _require_flows() -> None:
    if (Path.cwd() / "flows" / "__main__.py").is_file():
        return
    if importlib.util.find_spec("flows") is None or importlib.util.find_spec("flows.__main__") is None:
        raise ConfigError(
            "The flows are not installed here: the package nightschool holds the library alone.",
            next_step="Run it from a checkout of nightschool (`make install` there first) or in its image.",
        )
