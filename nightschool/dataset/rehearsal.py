"""Extract and prepare for a look at the data: in a folder of their own, without a model, nothing live is written to."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nightschool.artifacts import ArtifactRef, ArtifactStore, FolderStore
from nightschool.dataset.card_page import card_page
from nightschool.dataset.connection import open_memory, parquet
from nightschool.dataset.extraction import Extracted, extract
from nightschool.dataset.night_data import AUDIT_FILE, CARD_FILE, CARD_PAGE, EXAMPLES_FILE, QUARANTINE_FILE
from nightschool.dataset.preparation import Prepared, prepare
from nightschool.feedback import FeedbackBook
from nightschool.records import DataPolicy, Record, SourcePolicy, Window
from nightschool.sources import ColumnarSource, ConversationSource


class Rehearsed(Record):
    """What a night would have read and made; the files are in the store that the rehearsal was given."""

    extracted: Extracted
    prepared: Prepared


def rehearse(
    source: ColumnarSource | ConversationSource,
    feedback: FeedbackBook,
    window: Window,
    *,
    as_of: datetime,
    salt: str,
    policy: DataPolicy,
    store: FolderStore,
    ledger: ArtifactRef | None = None,
    live: ArtifactStore | None = None,
    curated: Sequence[Path] = (),
    reading: SourcePolicy | None = None,
) -> Rehearsed:
    """Do what a night does up to its three sets.

    Args:
        source: the agent's memory.
        feedback: ratings and corrections.
        window: what is read.
        as_of: feedback after this moment (aware) does not exist yet.
        salt: the installation's.
        policy: as a night has it.
        store: an empty store, for the rehearsal alone.
        ledger: the live split ledger, which is copied out of `live`; None: a target's first night.
        live: the home folder's store.
        curated: curated files.
        reading: how the source is read; None: the defaults.

    Raises:
        NoData: the window has no turn.
        DataError: as `extract` and `prepare` do.
    """
    if ledger is not None and live is not None:
        kept = live.path(ledger)
        store.write(ledger.kind, ledger.suffix, lambda place: _copied(kept, place, ledger.rows))
    extracted = extract(source, feedback, window, as_of=as_of, salt=salt, policy=policy, store=store, reading=reading)
    prepared = prepare(extracted.turns, ledger=ledger, policy=policy, store=store, curated=curated)
    return Rehearsed(extracted=extracted, prepared=prepared)


def move_into(folder: Path, rehearsed: Rehearsed, store: FolderStore) -> None:
    """Put what people look at into a folder, under its plain names; what was there is replaced."""
    named = {
        AUDIT_FILE: rehearsed.prepared.audit,
        EXAMPLES_FILE: rehearsed.prepared.examples,
        QUARANTINE_FILE: rehearsed.extracted.quarantine,
        CARD_FILE: rehearsed.prepared.card,
    }
    page = store.path(rehearsed.prepared.card).with_suffix(".md")
    page.write_text(card_page(store.read_json(rehearsed.prepared.card)), encoding="utf-8")
    page.replace(folder / CARD_PAGE)
    for name, ref in named.items():
        store.path(ref).replace(folder / name)


def turns_by_day(turns: Path, timezone: str) -> dict[date, int]:
    """Turns of each local day that has any; counted by quarters of an hour first, at whose ends all midnights lie.

    Args:
        turns: what `extract` kept.
        timezone: where the days are.
    """
    query = f"""
        SELECT time_bucket(INTERVAL 15 MINUTE, created_at), count(*) FROM {parquet(turns)}
        WHERE created_at IS NOT NULL GROUP BY 1 ORDER BY 1
    """
    found, zone = Counter[date](), ZoneInfo(timezone)
    with open_memory() as connection:
        for quarter, number in connection.execute(query).fetchall():
            found[quarter.replace(tzinfo=UTC).astimezone(zone).date()] += number
    return dict(found)


def _copied(source: Path, place: Path, rows: int) -> int:
    shutil.copyfile(source, place)
    return rows
