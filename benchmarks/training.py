"""The training's figures: `python -m benchmarks.training [--quick] [--only PART,PART]`.

Parts: overhead, bound, stock, calls, edits. The last line is one JSON object, `{"claims": […]}`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # `python benchmarks/training.py` finds its neighbours too; the folder itself must not: it would hide other packages' names.
    sys.path[0] = str(Path(__file__).resolve().parents[1])


def main() -> int:
    """Print the tables; exit status 1 where a claim was missed."""
    from benchmarks.measuring import print_claims
    from benchmarks.training_claims import PARTS, claims
    from benchmarks.training_edits import ablation

    options = _options([*PARTS, "edits"])
    found = claims(options.quick, options.only)
    print_claims(found, "Training")
    if "edits" in options.only and not options.quick:
        _print_ablation(ablation())
    print(json.dumps({"claims": found}, ensure_ascii=False))
    return int(any(one["met"] is False for one in found))


def _options(parts: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, the same code")
    parser.add_argument("--only", type=lambda given: given.split(","), default=parts, help=f"of {', '.join(parts)}")
    options = parser.parse_args()
    if unknown := set(options.only) - set(parts):
        parser.error(f"no part is named {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    return options


def _print_ablation(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*rows[0], title="Edits, on the simulator: medians over the seeds")
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console(width=160).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
