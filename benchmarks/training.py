"""The training's figures: `python -m benchmarks.training [--quick]`. The last line is one JSON object, `{"claims": […]}`."""

from __future__ import annotations

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
    from benchmarks.training_claims import claims
    from benchmarks.training_edits import ablation

    quick = "--quick" in sys.argv[1:]
    found = claims(quick)
    print_claims(found, "Training")
    if not quick:
        _print_ablation(ablation())
    print(json.dumps({"claims": found}, ensure_ascii=False))
    return int(any(one["met"] is False for one in found))


def _print_ablation(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*rows[0], title="Edits, on the simulator: medians over the seeds")
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console(width=160).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
