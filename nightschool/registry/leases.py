"""One run at a time for each target on a track, from whichever command, deployment or machine it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from nightschool.claims import Claims
from nightschool.errors import Busy
from nightschool.registry.transactions import open_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

LAPSE_S = 60.0
"""A lease whose holder's machine was not heard of for so long is free; a process that died here frees it at once."""
LOOK_AGAIN_S = 1.0


@asynccontextmanager
async def lease(url: str, track: str, target: str, *, wait: bool, tell: Callable[[str], None]) -> AsyncIterator[None]:
    """Hold the lease of a target on a track while the block runs.

    Args:
        url: the registry's SQLAlchemy URL.
        track: the chain of incumbents.
        target: what is tuned.
        wait: whether to wait where another run holds it.
        tell: is told, once, whom this run waits for.

    Raises:
        Busy: where another run holds it and `wait` is false.
    """
    key = _key(track, target)
    with _leases(url) as leases:
        told = False
        while not leases.take(key):
            holder = leases.holder(key)
            if not wait:
                raise _busy(track, target, holder)
            if holder and not told:
                tell(f"{target} on {track} is being worked on by {holder}; this run goes on when that one has ended")
                told = True
            await asyncio.sleep(LOOK_AGAIN_S)
        try:
            yield
        finally:
            leases.give_up(key)


def require_free(url: str, track: str, target: str) -> None:
    """Look whether a lease is free, without taking it.

    Raises:
        Busy: where another run holds it.
    """
    with _leases(url) as leases:
        holder = leases.holder(_key(track, target))
    if holder:
        raise _busy(track, target, holder)


def held_on(url: str, track: str) -> str:
    """Who works on a target of a track now, like `process 4711 on box`; empty where nobody does."""
    with _leases(url) as leases:
        return next((holder for key in leases.claimed() if key.startswith(f"{track} ") and (holder := leases.holder(key))), "")


@contextmanager
def _leases(url: str) -> Iterator[Claims]:
    engine = open_registry(url)
    leases = Claims(engine, "registry_leases", lapse_s=LAPSE_S)
    try:
        yield leases
    finally:
        leases.close()
        engine.dispose()


def _key(track: str, target: str) -> str:
    return f"{track} {target}"


def _busy(track: str, target: str, holder: str) -> Busy:
    return Busy(
        f"{target} on {track} is being worked on by {holder or 'another run'}; nothing was done",
        next_step='Type it again when that has ended, or let runs wait for each other: operations.when_busy = "wait".',
    )
