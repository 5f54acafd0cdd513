"""How far a search is: a bar in Prefect's UI, by rollouts done of those planned."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import httpx
from prefect import runtime
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from nightschool.preflight.estimate import search_bound
from nightschool.records import Night, SearchPolicy
from tasks.artifact_keys import artifact_key
from tasks.logs import stage_logger

EVERY_S = 5.0
"""Seconds from one look to the next."""
WHOLE = 100.0


def planned_rollouts(policy: SearchPolicy, train: int, validation: int) -> int:
    """The most rollouts that a search takes: every edit makes what it may, and no candidate is a copy.

    Args:
        policy: iterations, beam, branches, races.
        train: how many training examples there are.
        validation: how many validation examples there are.
    """
    if policy.screen_size:
        return search_bound(policy, train, validation)
    heats = [*(heat for heat in policy.races if heat < validation), validation]
    total, parents = validation, 1
    for _ in range(policy.max_iterations):
        total += parents * min(policy.gradient_batch_size * policy.branch_factor, train)
        left, before = parents * policy.branch_factor * len(policy.edits), 0
        for heat in heats:
            total += left * (heat - before)
            left, before = min(left, max(policy.beam_width, (left + 1) // 2)), heat
        parents = policy.beam_width
    return total


@contextlib.asynccontextmanager
async def progress_bar(night: Night, planned: int, done: Callable[[], int]) -> AsyncIterator[None]:
    """Show a bar while the block runs, full when it has ended in order; outside of a run nothing.

    Args:
        night: whose search it is.
        planned: rollouts at most; the bar is full below that where races and copies save some.
        done: how many have ended by now.
    """
    if not runtime.flow_run.id:
        yield
        return
    ended = asyncio.Event()
    showing = asyncio.create_task(_show(night, planned, done, ended))
    try:
        yield
        ended.set()
    finally:
        if not ended.is_set():
            showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing


async def _show(night: Night, planned: int, done: Callable[[], int], ended: asyncio.Event) -> None:
    def told() -> str:
        return f"{done()} of at most {planned} rollouts of the search of {night.target}"

    try:
        bar: UUID = await acreate_progress_artifact(0.0, key=artifact_key("progress", night.key), description=told())
        while not await _is_set_within(ended, EVERY_S):
            share = min(WHOLE * done() / max(planned, 1), WHOLE)
            await aupdate_progress_artifact(bar, round(share, 1), description=told())
        await aupdate_progress_artifact(bar, WHOLE, description=told())
    except httpx.HTTPError as error:
        stage_logger().warning("The progress can't be shown (%s); the search goes on.", error)


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
