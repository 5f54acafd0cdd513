"""Coroutines side by side; the first error ends them all, so that nothing runs on behind a search that has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def side_by_side(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in the order of the coroutines.

    `asyncio.gather` would raise the first error too, but leave the others running.

    Raises:
        BaseException: what the first of them to fail raised; the others are cancelled and awaited before.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in coroutines]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
