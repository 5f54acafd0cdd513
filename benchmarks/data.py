"""The data's figures: `python -m benchmarks.data [--quick]`. The last line is one JSON object, `{"claims": […]}`."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # `python benchmarks/data.py` finds its neighbours too; the folder itself must not: it would hide other packages' names.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

# Each has `claims(quick: bool) -> list[dict]`.
PARTS = (
    "benchmarks.extraction",
    "benchmarks.scrubbing",
    "benchmarks.neighbours",
    "benchmarks.preparing",
    "benchmarks.data_contamination",
)


def main() -> int:
    """Print a table of all claims; exit status 1 where one was missed."""
    from benchmarks.measuring import print_claims

    quick = "--quick" in sys.argv[1:]
    found: list[dict[str, Any]] = []
    for part in PARTS:
        if importlib.util.find_spec(part) is not None:
            found += importlib.import_module(part).claims(quick)
    print_claims(found, "Data")
    print(json.dumps({"claims": found}, ensure_ascii=False))
    return int(any(one["met"] is False for one in found))


if __name__ == "__main__":
    raise SystemExit(main())
