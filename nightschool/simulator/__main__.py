"""`python -m nightschool.simulator --port 8399`: serve the simulated model on loopback until stopped."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from nightschool.children import watch_parent
from nightschool.errors import ConfigError
from nightschool.simulator.server import running
from nightschool.simulator.settings import FaultRates, SimulatorSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = settings_from(options)
    except ValidationError as error:
        sys.stderr.write(f"The simulator's settings can't be used: {error.errors()[0]['msg']}\n")
        return ConfigError.exit_code
    if options.with_parent:
        watch_parent()
    try:
        asyncio.run(_serve(settings))
    except OSError as error:
        sys.stderr.write(f"The simulator can't listen on port {settings.port}: {error.strerror}. Choose another --port.\n")
        return ConfigError.exit_code
    return 0


def settings_from(options: argparse.Namespace) -> SimulatorSettings:
    """The settings that the options give; `--fault KIND=RATE` wins over `--fault-rate`.

    Raises:
        ValidationError: an unknown fault or a rate outside of [0, 1].
    """
    named = dict(fault.partition("=")[::2] for fault in options.fault)
    rates = {**FaultRates.evenly(options.fault_rate).model_dump(), **named}
    return SimulatorSettings(
        port=options.port,
        seed=options.seed,
        latency_ms=options.latency_ms,
        jitter=options.jitter,
        faults=FaultRates(**rates),
        retry_after_s=options.retry_after_s,
        hang_s=options.hang_s,
    )


def _parser() -> argparse.ArgumentParser:
    fields = SimulatorSettings.model_fields
    parser = argparse.ArgumentParser(prog="python -m nightschool.simulator", description=__doc__)
    for name, kind in (("port", int), ("seed", int), ("latency_ms", float), ("jitter", float)):
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=fields[name].default, help=_help(name))
    for name in ("retry_after_s", "hang_s"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=fields[name].default, help=_help(name))
    parser.add_argument("--fault-rate", type=float, default=0.0, help="share of requests that meet a fault, of all kinds alike")
    kinds = ", ".join(FaultRates.model_fields)
    parser.add_argument("--fault", action="append", default=[], metavar="KIND=RATE", help=f"share of one kind of fault: {kinds}")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input, a pipe of the parent's, ends")
    return parser


def _help(name: str) -> str:
    return (SimulatorSettings.model_fields[name].description or "").replace("%", "%%")


async def _serve(settings: SimulatorSettings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with running(settings) as address:
        sys.stdout.write(f"nightschool simulator (a simulated model, not a real one) is ready at {address}/v1\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    sys.exit(main())
