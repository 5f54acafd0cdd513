"""Names of artifacts in Prefect's UI."""

from __future__ import annotations

import re


def artifact_key(kind: str, name: str) -> str:
    """A key of small letters, digits and dashes, which is all that Prefect takes."""
    return re.sub(r"[^a-z0-9]+", "-", f"{kind}-{name}".lower()).strip("-")
