"""Prepare: from turns to three sets of examples."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import Extracted, Prepared, load_curated, load_or_create_salt
from nightschool.dataset import prepare as prepare_examples
from nightschool.dataset.night_data import NightData, keep_night_data
from nightschool.records import DataPolicy, Night, Window, digest_of
from nightschool.registry import SettledSets
from nightschool.settings import Settings
from tasks.caching import stage
from tasks.labelling import labelled_by, labeller_of
from tasks.logs import stage_logger
from tasks.workshop import artifacts, registry


@stage("prepare", ["nightschool.dataset", "nightschool.records", "nightschool.stats"], where=["night", "settings"])
def prepare(
    turns: ArtifactRef,
    ledger: ArtifactRef | None,
    policy: DataPolicy,
    curated: dict[str, str],
    examined: list[str],
    labels: tuple[str, ...],
    overlap_days: int = 0,
    *,
    night: Night,
    settings: Settings,
) -> Prepared:
    """Noise and duplicates out, examples split by session; what the ledger assigned before stays where it is.

    `labels` names what decides them besides the rules; the night pays for them.
    """
    with labeller_of(settings, night) as labeller:
        made = prepare_examples(
            turns,
            ledger=ledger,
            policy=policy,
            store=artifacts(settings),
            salt=load_or_create_salt(settings.home),
            curated=[Path(path) for path in curated],
            examined=examined,
            labeller=labeller,
            overlap_days=overlap_days,
        )
    sizes = {name: made.counts.get(name, 0) for name in ("train", "validation", "held_out")}
    stage_logger().info("%d examples: %s", made.examples.rows, ", ".join(f"{name} {size}" for name, size in sizes.items()))
    return made


def settle_sets(turns: ArtifactRef, night: Night, *, settings: Settings, overlap_days: int = 0) -> Prepared:
    """Prepare against the live split ledger, and make what was added to it live.

    Where another night was faster, its ledger is the live one and preparation is done again: no set ever rests on an
    assignment that the ledger contradicts. The ledger that counted is recorded, so that the same night twice has the same
    sets and does no work, whatever nights came in between.
    """
    curated = curated_digests(settings.data)
    labels = labelled_by(settings)
    reading = digest_of([turns.digest, settings.data, curated, *labels])
    with registry(settings) as book:
        examined = sorted(book.examined_sessions(night))
        known = book.settled(night, reading)
        before = known.before if known else book.ledger(night.track, night.target)
        while True:
            ledger = _as_reference(before)
            known_of = (turns, ledger, settings.data, curated, examined, labels, overlap_days)
            made = prepare(*known_of, night=night, settings=settings)
            if book.settle(night, reading, SettledSets(before=before, after=made.ledger.model_dump_json())):
                return made
            before = book.ledger(night.track, night.target)


def keep_data(night: Night, window: Window, read: Extracted, sets: Prepared, *, settings: Settings) -> None:
    """Note which files are the night's, so that `nightschool dataset explain` and `export` find them."""
    named = {"turns": read.turns, "quarantine": read.quarantine}
    named |= {"examples": sets.examples, "audit": sets.audit, "card": sets.card, "ledger": sets.ledger}
    keep_night_data(NightData(night=night, window=window, **named), settings.home)


def _as_reference(ledger: str) -> ArtifactRef | None:
    return ArtifactRef.model_validate_json(ledger) if ledger else None


def curated_digests(policy: DataPolicy) -> dict[str, str]:
    """The curated files with their content's digests, so that a changed file is a changed input.

    Raises:
        DataError: naming a file that can't be read, or what is wrong in it.
    """
    load_curated([Path(path) for path in policy.all_curated_files])
    return {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in policy.all_curated_files}
