"""Heavy imports: what every night needs is imported while its server starts, and nothing looks for garbage meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """For a block of imports: looking for garbage there takes a fifth of the time, and finds none."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def import_for_a_night() -> None:
    """The flow, and what its stages would import one after another: DuckDB reads the sets, the others draw the page."""
    import duckdb  # noqa: F401 - all for their places in sys.modules
    import jinja2  # noqa: F401
    import pandas  # noqa: F401

    import flows.retrain  # noqa: F401
