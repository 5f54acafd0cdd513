"""`python -m flows`: run nights from the command line, on a Prefect server of their own where none is set."""

from __future__ import annotations

from flows.command import main

if __name__ == "__main__":
    main()
