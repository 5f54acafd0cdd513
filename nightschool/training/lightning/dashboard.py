"""`python -m nightschool.training.lightning.dashboard`: a Lightning Store with its dashboard, where litellm is not installed.

It is `agl store` (same options) behind our light import. It listens on this machine only, unless --host says otherwise.
"""

from __future__ import annotations

import sys

from nightschool.training.lightning import import_lightly

LOOPBACK = "127.0.0.1"


def main() -> int:
    """Serve until stopped; returns the exit code."""
    import_lightly()
    from agentlightning.cli.store import main as serve

    options = sys.argv[1:]
    return int(serve(options if "--host" in options else ["--host", LOOPBACK, *options]))


if __name__ == "__main__":
    sys.exit(main())
