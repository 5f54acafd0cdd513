"""What a command's log looks like: one plain line an event on the terminal, everything in a file."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

TOLD_BY = ("prefect.flow_runs", "prefect.task_runs")
QUIET = ("httpx", "openai", "agno", "litellm", "LiteLLM", "agentlightning", "opentelemetry")


@contextlib.contextmanager
def plain_logs(home: Path) -> Iterator[None]:
    """Show the stages' own lines without stamps, and keep all lines with stamps in `logs/nightschool.log`."""
    from prefect.logging.configuration import setup_logging
    from rich.logging import RichHandler

    setup_logging()  # now, so that it does not undo what follows
    shown = RichHandler(show_time=False, show_level=False, show_path=False, markup=False)
    shown.addFilter(_is_ours)
    kept = _file_handler(home / "logs" / "nightschool.log")
    loggers = [logging.getLogger(name) for name in TOLD_BY]
    before = [(logger, list(logger.handlers)) for logger in loggers]
    for logger in loggers:
        for handler in list(logger.handlers):
            if type(handler).__name__ == "PrefectConsoleHandler":
                logger.removeHandler(handler)
        logger.addHandler(shown)
        logger.addHandler(kept)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL if name == "agno" else logging.WARNING)
    try:
        yield
    finally:
        for logger, handlers in before:
            logger.handlers[:] = handlers
        kept.close()


def _is_ours(record: logging.LogRecord) -> bool:
    """Stages' lines, and whatever is worse than news; not Prefect's news of runs being created."""
    return record.levelno >= logging.WARNING or record.name in TOLD_BY


def _file_handler(path: Path) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    return handler
