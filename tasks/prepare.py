"""Prepare: from turns to three sets of examples."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import Prepared, load_curated
from nightschool.dataset import prepare as prepare_examples
from nightschool.records import DataPolicy
from nightschool.settings import Settings
from tasks.caching import stage
from tasks.logs import stage_logger
from tasks.workshop import artifacts


@stage("prepare", ["nightschool.dataset", "nightschool.records"], where=["settings"])
def prepare(
    turns: ArtifactRef, ledger: ArtifactRef | None, policy: DataPolicy, curated: dict[str, str], *, settings: Settings
) -> Prepared:
    """Noise and duplicates out, examples split by session; what the ledger assigned before stays where it is."""
    made = prepare_examples(
        turns, ledger=ledger, policy=policy, store=artifacts(settings), curated=[Path(path) for path in curated]
    )
    sizes = {name: made.counts.get(name, 0) for name in ("train", "validation", "held_out")}
    stage_logger().info("%d examples: %s", made.examples.rows, ", ".join(f"{name} {size}" for name, size in sizes.items()))
    return made


def curated_digests(policy: DataPolicy) -> dict[str, str]:
    """The curated files with their content's digests, so that a changed file is a changed input.

    Raises:
        DataError: naming a file that can't be read, or what is wrong in it.
    """
    load_curated([Path(path) for path in policy.all_curated_files])
    return {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in policy.all_curated_files}
