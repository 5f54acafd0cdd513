"""What a command's log looks like: the stages' own lines on the terminal, everything with stamps in a file."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

QUIET = {"agentlightning": logging.ERROR, "httpx": logging.WARNING, "openai": logging.WARNING}
IN_FILE_ONLY = ("agno", "agno-team", "agno-workflow")
"""Agno logs an error for each failed call that is tried again here; the stages count and report what failed."""

CACHED = "Finished in state Cached"
RETRY = "will start"
"""In the engine's line on a failed stage: "Retry 1/3 will start 5 second(s) from now"."""


@contextlib.contextmanager
def plain_logs(home: Path) -> Iterator[None]:
    """Show the stages' lines, and keep all lines in `logs/nightschool.log`."""
    import agno.utils.log  # noqa: F401 - it sets its loggers up when it is imported
    from prefect.logging.configuration import setup_logging

    setup_logging()  # both now, so that they do not undo what follows
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    told = logging.getLogger()  # Prefect's loggers hand everything up to the root's handlers
    before = list(told.handlers)
    kept = _file_handler(home / "logs" / "nightschool.log")
    told.handlers[:] = [_terminal_handler(), kept]
    for name in IN_FILE_ONLY:
        logging.getLogger(name).handlers[:] = [kept]
    try:
        yield
    finally:
        told.handlers[:] = before
        kept.close()


def _terminal_handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stdout)  # not the error stream, so that a log in a file is in order
    handler.addFilter(_is_news)
    handler.setFormatter(_StageFormatter())
    return handler


def _is_news(record: logging.LogRecord) -> bool:
    """The stages' own lines, and of the engine's those on stages that had nothing to do or get another try.

    How a stage failed is told once, by the command itself; the file has all of it.
    """
    if "/prefect/" not in record.pathname.replace("\\", "/"):
        return True
    message = record.getMessage()
    return message.startswith(CACHED) or RETRY in message


class _StageFormatter(logging.Formatter):
    """Names the stage that a line is about."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        stage = str(getattr(record, "task_run_name", "") or "").rpartition("-")[0]
        if message.startswith(CACHED):
            return f"{stage}: done before, nothing to do"
        return f"{stage}: {message}" if stage and not message.startswith(" ") else message


def _file_handler(path: Path) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    return handler
