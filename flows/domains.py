"""The night of a target whose domains are retrained each on its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from nightschool.records import EndState

MOST_TELLING = (
    EndState.INVALID,
    EndState.HELD,
    EndState.PROMOTED,
    EndState.UNDECIDED,
    EndState.REJECTED,
    EndState.SKIPPED,
    EndState.NO_DATA,
)
"""What the night of all domains is called: by the first of these that one of them ended in."""


async def each_domain(targets: Sequence[str], retrain: Callable[[str], Awaitable[State[Any]]]) -> State[Any]:
    """Retrain targets one after the other; one that fails does not keep the others from their night."""
    ended = {target: await retrain(target) for target in targets}
    lines = "\n".join(f"{target}: {state.name}. {_first_line(state.message)}".rstrip() for target, state in ended.items())
    if any(state.name not in list(EndState) for state in ended.values()):
        return Failed(message=lines)
    name = next(name for name in MOST_TELLING if any(state.name == name for state in ended.values()))
    return (Failed if name is EndState.INVALID else Completed)(name=name.value, message=lines)


def _first_line(message: str | None) -> str:
    """The rest of it stands in the run's own log and report."""
    return (message or "").partition("\n")[0]
