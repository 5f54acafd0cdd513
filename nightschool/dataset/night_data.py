"""Where the data of a night, or of a look at the data, lies: the files by name, found again by run date or in a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from nightschool.artifacts import ArtifactRef, ArtifactStore
from nightschool.errors import DataError
from nightschool.records import Night, StoredRecord, Window

FOLDER = "nights"
AUDIT_FILE = "turns_audit.parquet"
EXAMPLES_FILE = "examples.parquet"
QUARANTINE_FILE = "quarantine.parquet"
CARD_FILE = "card.json"
CARD_PAGE = "card.md"


class NightData(StoredRecord):
    """What extract and prepare made in a night; also where the night ended for want of data."""

    night: Night
    window: Window
    turns: ArtifactRef
    quarantine: ArtifactRef
    examples: ArtifactRef
    audit: ArtifactRef
    card: ArtifactRef
    ledger: ArtifactRef


@dataclass(frozen=True)
class DataFiles:
    """The files themselves; a folder that `dataset prepare` wrote has no `turns` (which are not scrubbed) and no `ledger`."""

    description: str
    audit: Path
    examples: Path
    quarantine: Path
    card: Path
    turns: Path | None = None
    ledger: Path | None = None
    night: Night | None = None


def keep_night_data(data: NightData, home: Path) -> Path:
    """Write `nights/<night>.json`; a night that runs again writes it again."""
    path = home / FOLDER / f"{data.night.key}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(data.model_dump_json(indent=1), encoding="utf-8")
    unfinished.replace(path)
    return path


def files_of_night(home: Path, store: ArtifactStore, track: str, target: str, run_date: date | None = None) -> DataFiles:
    """The files of a night.

    Args:
        home: nightschool's home folder.
        store: where its artifacts are.
        track: the night's track.
        target: the night's target.
        run_date: the night's run date; None: the last one that has data.

    Raises:
        DataError: where there is no such night; it names those that there are.
    """
    known = _nights_of(home, track, target)
    if not known or (run_date is not None and run_date not in known):
        raise _no_such_night(home, track, target, run_date, sorted(known))
    data = known[run_date or max(known)]
    places = {name: store.path(getattr(data, name)) for name in ("audit", "examples", "quarantine", "card", "turns", "ledger")}
    return DataFiles(description=f"the night of {data.night.run_date} ({target} on {track})", night=data.night, **places)


def files_in_folder(folder: Path) -> DataFiles:
    """The files that `nightschool dataset prepare --out FOLDER` wrote.

    Raises:
        DataError: where one of them is missing.
    """
    files = DataFiles(
        description=str(folder),
        audit=folder / AUDIT_FILE,
        examples=folder / EXAMPLES_FILE,
        quarantine=folder / QUARANTINE_FILE,
        card=folder / CARD_FILE,
    )
    missing = [path.name for path in (files.audit, files.examples, files.quarantine, files.card) if not path.is_file()]
    if missing:
        raise DataError(
            f"{folder} has no {', '.join(missing)}.",
            next_step=f"Make them: nightschool dataset prepare --agent-db PATH --start DAY --end DAY --out {folder}",
        )
    return files


def _nights_of(home: Path, track: str, target: str) -> dict[date, NightData]:
    found = {}
    for path in sorted((home / FOLDER).glob("*.json")):
        try:
            data = NightData.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise DataError(f"{path} can't be read: {error.errors()[0]['msg']}", next_step="Delete it.") from None
        if (data.night.track, data.night.target) == (track, target):
            found[data.night.run_date] = data
    return found


def _no_such_night(home: Path, track: str, target: str, run_date: date | None, known: list[date]) -> DataError:
    which = f"of {run_date}" if run_date else "at all"
    there = f"There are those of {', '.join(map(str, known[-5:]))}" if known else "Run `nightschool retrain` first"
    return DataError(
        f"{home} has no data of a night {which} for {target} on {track}.",
        next_step=f"{there}; or look into a folder that `nightschool dataset prepare` wrote, with --folder.",
    )
