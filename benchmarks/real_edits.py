"""What each kind of edit is worth on the real small model: `python -m benchmarks.real_edits [--keep FILE] [--seeds 11,22]`.

Each alone and together, with the demo's settings otherwise; about ten minutes a search on two quiet cores. See `real_model.py`
for the examples and for what is kept.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    # `python benchmarks/real_edits.py` finds its neighbours too; the folder itself must not: it would hide other packages' names.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.real_desk import Bench, Sets, search_policy
from benchmarks.real_found import Kept, options, print_table
from benchmarks.real_model import first, lightning
from benchmarks.training_edits import ALL, ALONE

DEMO = search_policy().edits


async def searched(edits: tuple[str, ...], bench: Bench, sets: Sets, seed: int) -> str:
    """Our search with these edits."""
    from nightschool.training.beam import BeamSearch
    from nightschool.training.edits import edits_of

    policy = search_policy().model_copy(update={"edits": edits})
    return await lightning(BeamSearch(policy, edits_of(policy, bench.llm), seed=seed), bench, sets)


def main() -> int:
    """Print the table."""
    from nightschool import local_model

    typed = options("real_edits")
    kept = Kept(typed.keep)
    with tempfile.TemporaryDirectory() as folder, local_model.start(Path(folder) / "model.log") as base_url:
        for seed in typed.seeds:
            kept.examine(base_url, "none (the first prompt)", seed, first)
            for edits in (*ALONE, DEMO, ALL):
                kept.examine(base_url, ", ".join(edits), seed, partial(searched, edits))
    print_table([row for row in kept.found.values() if row.seed in typed.seeds], "Edits, on the real small model")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
