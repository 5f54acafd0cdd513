"""Extract and prepare into a folder that a person can look into, before a night and before any money is spent."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from nightschool.artifacts import ArtifactRef, FolderStore
from nightschool.dataset.card import card_as_markdown
from nightschool.dataset.extraction import extract
from nightschool.dataset.night_data import AUDIT_FILE, CARD_FILE, CARD_PAGE, EXAMPLES_FILE, QUARANTINE_FILE
from nightschool.dataset.preparation import Prepared, prepare
from nightschool.feedback import FeedbackBook
from nightschool.records import DataPolicy, SourcePolicy, Window
from nightschool.sources import ColumnarSource, ConversationSource


def prepare_into(
    folder: Path,
    source: ColumnarSource | ConversationSource,
    feedback: FeedbackBook,
    window: Window,
    *,
    policy: DataPolicy,
    salt: str,
    as_of: datetime,
    ledger: Path | None = None,
    curated: Sequence[Path] = (),
    examined: Collection[str] = (),
    reading: SourcePolicy | None = None,
) -> Prepared:
    """Write `turns_audit.parquet`, `examples.parquet`, `quarantine.parquet`, `card.json` and `card.md` into a folder.

    The live ledger is read, where one is given, and never written: the sets are those that a night would make now.

    Args:
        folder: made where it is missing; files of these names are replaced, each as a whole.
        source: where the conversations are.
        feedback: ratings and corrections.
        window: the days to read.
        policy: what is noise, and the shares of the sets.
        salt: of this installation; it decides the hashes of users and the surrogates of personal data.
        as_of: feedback given after this moment (aware) does not count.
        ledger: the live split ledger's file; None: no session has a set yet.
        curated: JSON files of questions that join the train set.
        examined: held-out sessions that promotions have used.
        reading: how the source is read; None: the defaults.

    Raises:
        NoData: where the window has no turn.
        DataError: where the source, a curated file or the ledger can't be used.
    """
    with tempfile.TemporaryDirectory() as place:
        store = FolderStore(Path(place))
        found = extract(source, feedback, window, as_of=as_of, salt=salt, policy=policy, store=store, reading=reading)
        made = prepare(
            found.turns,
            ledger=_copied(ledger, store),
            policy=policy,
            store=store,
            salt=salt,
            curated=curated,
            examined=examined,
            overlap_days=window.overlap_days,
        )
        folder.mkdir(parents=True, exist_ok=True)
        files = {AUDIT_FILE: made.audit, EXAMPLES_FILE: made.examples, QUARANTINE_FILE: found.quarantine, CARD_FILE: made.card}
        for name, ref in files.items():
            _put(store.path(ref).read_bytes(), folder / name)
        _put(card_as_markdown(store.read_json(made.card)).encode(), folder / CARD_PAGE)
    return made


def _copied(ledger: Path | None, store: FolderStore) -> ArtifactRef | None:
    if ledger is None:
        return None
    return store.write("ledger", ".parquet", lambda path: bool(shutil.copyfile(ledger, path)))


def _put(content: bytes, path: Path) -> None:
    """Write beside the final place and move, so that a half-written file is never read."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
