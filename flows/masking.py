"""Keys and passwords never reach a log, on the terminal, in a file or in Prefect's UI: they are masked where lines are made."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from typing import Any

from nightschool.settings import Settings

NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|AUTH_STRING)$")
PASSWORD_IN_URL = re.compile(r"(?<=://)([^/\s:@]+):([^/\s@]+)@")
SHORTEST = 8
"""Characters; shorter values, like "none", are no secrets, and masking them would garble ordinary words."""
MASK = "********"


def secrets_of(settings: Settings, environment: Mapping[str, str]) -> frozenset[str]:
    """The values that no log may show: our key, and the environment's variables that are named like secrets."""
    named = {value for name, value in environment.items() if NAMES.search(name.upper())}
    found = {settings.openai_api_key.get_secret_value(), settings.agentops_api_key.get_secret_value(), *named}
    return frozenset(value for value in found if len(value) >= SHORTEST)


def masked(text: str, secrets: frozenset[str]) -> str:
    """The text without the secrets, and without passwords in URLs."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return PASSWORD_IN_URL.sub(rf"\1:{MASK}@", text)


def mask_logs(settings: Settings) -> None:
    """From now on, in this process, mask every line of every logger, tracebacks included."""
    secrets = secrets_of(settings, os.environ)
    make = logging.getLogRecordFactory()
    plain = getattr(make, "plain", make)

    def make_masked(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = plain(*args, **kwargs)
        _mask(record, secrets)
        return record

    make_masked.plain = plain  # type: ignore[attr-defined]  # so that a second night in this process wraps it once
    logging.setLogRecordFactory(make_masked)


def _mask(record: logging.LogRecord, secrets: frozenset[str]) -> None:
    try:
        said = record.getMessage()
    except (TypeError, ValueError):
        return  # a line whose arguments do not fit it: logging says so itself
    clean = masked(said, secrets)
    if clean != said:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[0]:
        record.exc_text = masked(logging.Formatter().formatException(record.exc_info), secrets)
