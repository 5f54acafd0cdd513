"""Prepare: from turns to three sets of examples."""

from __future__ import annotations

from pathlib import Path

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import Prepared
from nightschool.dataset import prepare as prepare_examples
from nightschool.records import DataPolicy, digest_of_text
from nightschool.settings import Settings
from tasks.caching import stage
from tasks.workshop import artifacts


@stage("prepare", ["nightschool.dataset"], where=["settings"])
def prepare(
    turns: ArtifactRef, ledger: ArtifactRef | None, policy: DataPolicy, curated: dict[str, str], *, settings: Settings
) -> Prepared:
    """Noise and duplicates out, examples split by session; what the ledger assigned before stays where it is."""
    return prepare_examples(
        turns, ledger=ledger, policy=policy, store=artifacts(settings), curated=[Path(path) for path in curated]
    )


def curated_digests(policy: DataPolicy) -> dict[str, str]:
    """The curated files with their content's digests, so that a changed file is a changed input."""
    return {path: digest_of_text(Path(path).read_text(encoding="utf-8")) for path in policy.curated_files}
