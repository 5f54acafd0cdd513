"""A move or its publishing that failed in a command is left to be told, as a night's would be."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from nightschool.errors import NightschoolError, PromotionError
from nightschool.registry import Registry
from nightschool.settings import Settings

FAILED = "nightschool.promotion.failed"


@contextlib.contextmanager
def failures_left(registry: Registry, settings: Settings, *, told: bool = True) -> Iterator[None]:
    """Leave the event of a `PromotionError` of this block in the outbox; the error goes on.

    Args:
        registry: with the outbox.
        settings: of the target.
        told: whether the event itself reaches people; not where a failed run does.
    """
    try:
        yield
    except PromotionError as error:
        today = str(settings.yesterday(datetime.now(UTC)) + timedelta(days=1))
        payload = {"run_date": today, "sentence": error.message, "next": error.next_step, "told": told}
        with contextlib.suppress(NightschoolError):  # a registry that can't be written to can't keep this either
            registry.put_event(settings.track, settings.target, FAILED, payload, once=f"{today} by hand")
        raise
