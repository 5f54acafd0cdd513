"""Chance without state: every draw is a hash of its names, so the same question gets the same answer on any machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_SEPARATOR = "\x1f"
_RANGE = float(2**64)


def draw(*names: object) -> float:
    """A number in [0, 1), uniform over the names and the same for the same names."""
    text = _SEPARATOR.join(str(name) for name in names)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / _RANGE


def choose(options: Sequence[T], *names: object) -> T:
    """One of the options, by the draw of the names."""
    return options[int(draw(*names) * len(options))]
