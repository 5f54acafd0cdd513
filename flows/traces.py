"""Where a flow's traces go. Imported before any flow runs, because Prefect starts a flow's span before its first line."""

from __future__ import annotations

import os

from flows.masking import secrets_of
from nightschool import tracing
from nightschool.settings import Settings

tracing.provide()


def trace(settings: Settings) -> None:
    """From now on, in this process, send spans where the settings say, without any secret in them."""
    tracing.set_up(
        settings.tracing,
        store_url=settings.store_url,
        agentops_key=settings.agentops_api_key.get_secret_value(),
        secrets=secrets_of(settings, os.environ),
    )
