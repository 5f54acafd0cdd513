"""Processes of their own for tests, forked from one that has the slow imports behind it: they start clean, and at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess

SLOW = (
    "agno.agent",
    "nightschool.dataset",
    "nightschool.feedback",
    "nightschool.preflight",
    "nightschool.registry",
    "sqlalchemy.dialects.sqlite",
    "tasks.parameters",
    "tests.integration.data.test_live_memory",
    "tests.unit.registry.processes",
)
PATIENCE_S = 120.0


def forks() -> ForkServerContext:
    """Makes processes; those of the slow modules that the tests have imported until the first one are imported once."""
    context = get_context("forkserver")
    context.set_forkserver_preload([name for name in SLOW if name in sys.modules])
    return context


def typed(
    main: Callable[[], object], words: Sequence[str], *, folder: Path, environment: Mapping[str, str], said: Path
) -> CompletedProcess[str]:
    """What `python -m …` says and how it ends, where `main` is its entry point.

    Args:
        main: a function of a module, which reads `sys.argv`.
        words: the command line, the program's name first.
        folder: where it is typed.
        environment: all of its environment.
        said: a folder that keeps what it prints.
    """
    printed = [said / "stdout.txt", said / "stderr.txt"]
    process = forks().Process(target=_type, args=(main, words, folder, dict(environment), printed))
    process.start()
    process.join(PATIENCE_S)
    assert process.exitcode is not None, f"still running after {PATIENCE_S} s: {words}"
    return CompletedProcess(words, process.exitcode, *(path.read_text() for path in printed))


def _type(
    main: Callable[[], object], words: Sequence[str], folder: Path, environment: Mapping[str, str], printed: Sequence[Path]
) -> None:
    for descriptor, path in zip((1, 2), printed, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv[:] = words
    sys.path.insert(0, str(folder))
    main()
