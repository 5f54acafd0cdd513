"""How `make test` shares the tests out over pytest-xdist's workers; a new file takes its place by itself.

A piece of work is done by one worker, without a break: a folder of `tests/integration`, whose tests share what is dear to
set up (a Prefect server, a night, PostgreSQL), or any other file. Long pieces start first, so that the workers end together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from xdist.scheduler import LoadScopeScheduling

# The real model keeps every core busy: its tests follow each other, whatever folder they are in.
REAL_MODEL = ("tests/e2e/", "tests/integration/local_model/", "tests/contracts/test_llm_against_a_real_endpoint.py")
# Then what takes minutes, the longest first; then what may, which is any other folder of integration tests.
LONG = ("tests/e2e/", "tests/integration/night/", "tests/integration/prefect/", "tests/integration/")

T = TypeVar("T")


def piece_of(test: str) -> str:
    """The name of the piece of work that a test (`tests/unit/gate/test_guards.py::test_…`) belongs to."""
    file = test.split("::")[0]
    if file.startswith(REAL_MODEL):
        return REAL_MODEL[0]
    return "/".join(file.split("/")[:3]) if file.startswith("tests/integration/") else file


def long_pieces_first(tests: Iterable[tuple[str, T]]) -> list[T]:
    """The tests in the order in which workers take their pieces; those of one piece stay together, in their own order."""

    def rank(test: tuple[str, T]) -> int:
        piece = piece_of(test[0]) + "/"
        return next((place for place, folder in enumerate(LONG) if piece.startswith(folder)), len(LONG))

    return [item for _, item in sorted(tests, key=rank)]


class ByPiece(LoadScopeScheduling):
    """Gives each worker the next piece as soon as it has nearly ended its last."""

    def _split_scope(self, nodeid: str) -> str:
        return piece_of(nodeid)
