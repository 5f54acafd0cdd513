"""`python -m deployments.health`: whether the Prefect server answers and a worker of the pool is at work; for health checks.

Of the standard library only: it runs twice a minute.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import urllib.error
import urllib.request

POOL = "nightschool"
TIMEOUT_S = 8.0


def trouble(url: str, password: str = "", pool: str = POOL) -> str:
    """What is wrong, in a sentence; empty: nothing.

    Args:
        url: of Prefect's API, like http://127.0.0.1:4200/api.
        password: `user:password`, where the server asks for one.
        pool: the work pool that must have a worker.
    """
    request = urllib.request.Request(f"{url.rstrip('/')}/work_pools/{pool}")  # noqa: S310 - the operator's own address
    if password:
        request.add_header("Authorization", f"Basic {base64.b64encode(password.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
            status = json.load(answer).get("status")
    except (OSError, ValueError) as error:
        return f"{url} does not answer for the pool {pool}: {error}"
    return "" if status in ("READY", "PAUSED") else f"no worker of the pool {pool} is at work (it is {status})"


def main() -> None:
    """Print what is wrong and end with 1, or end with 0."""
    url = os.environ.get("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    found = trouble(url, os.environ.get("PREFECT_API_AUTH_STRING") or _password_in_file())
    if found:
        sys.exit(found)


def _password_in_file() -> str:
    """The server's password where it came as a secret: health checks do not go through the image's entrypoint."""
    try:
        with open(os.environ["PREFECT_API_AUTH_STRING_FILE"], encoding="utf-8") as file:  # noqa: PTH123 - quicker than pathlib
            return file.read().strip()
    except (KeyError, OSError):
        return ""


if __name__ == "__main__":
    main()
