"""Unix times in whatever unit they were written: Agno counts seconds, some programs that fill its tables do not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from nightschool.records import Window
from nightschool.sources.run_sql import MILLISECONDS_FROM

_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)


def moment_of(time: Any) -> datetime | None:
    """A Unix time in whatever unit, or a text of ISO 8601 (in UTC where it names no zone), as a moment; None for what is none."""
    if isinstance(time, str | bytes):
        return _read(time.decode("utf-8", "replace") if isinstance(time, bytes) else time)
    if not isinstance(time, int | float):
        return None
    while abs(time) >= MILLISECONDS_FROM:
        time /= 1000
    return datetime.fromtimestamp(time, UTC)


def unix_bounds(window: Window) -> Iterator[dict[str, int]]:
    """The window in Unix times of every unit."""
    for unit in _UNITS:
        yield {"start": math.ceil(window.start.timestamp() * unit), "end": math.ceil(window.end.timestamp() * unit)}


def is_within(time: Any, bounds: Sequence[Mapping[str, int]]) -> bool:
    """Whether a Unix time in whatever unit, or a text of ISO 8601, is in a window (`unix_bounds`)."""
    if isinstance(time, str):
        moment = moment_of(time)
        return moment is not None and bounds[0]["start"] <= moment.timestamp() < bounds[0]["end"]
    return isinstance(time, int | float) and any(one["start"] <= time < one["end"] for one in bounds)


def _read(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
