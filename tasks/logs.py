"""The log of a stage: Prefect's within a run, so that its lines reach the UI; the library's outside."""

from __future__ import annotations

import logging
from typing import Any


def stage_logger() -> logging.Logger | logging.LoggerAdapter[Any]:
    """The logger to tell the stage's progress to."""
    from prefect.exceptions import MissingContextError
    from prefect.logging import get_run_logger

    try:
        return get_run_logger()
    except MissingContextError:
        return logging.getLogger("nightschool")
