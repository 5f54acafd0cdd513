"""The SQLite database of our own Prefect server: copied where there is none yet, and not migrated twice.

Prefect runs all of its migrations on each new database, eight seconds of processor time; and on each start it looks for
newer ones and registers its blocks again, two more.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from importlib.metadata import version
from pathlib import Path

ELSEWHERE = ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL")
NOTHING_TO_DO = {"PREFECT_API_DATABASE_MIGRATE_ON_START": "false", "PREFECT_API_BLOCKS_REGISTER_ON_START": "false"}
OF_ONE_SERVER = ("configuration",)
"""Tables that no copy may have: the key by which a server encrypts its blocks stands there."""


def prepare_database(place: Path) -> dict[str, str]:
    """Copy the template where there is no database yet; returns the server's settings by which it skips what was done.

    Args:
        place: Prefect's home folder.
    """
    if any(name in os.environ for name in ELSEWHERE):
        return {}
    database, template = place / "prefect.db", _template()
    if not database.exists() and os.access(template, os.R_OK):
        place.mkdir(parents=True, exist_ok=True)
        _put(template, database)
        note_database(place)
    note = _note(place)
    with contextlib.suppress(OSError, sqlite3.Error):  # no note yet, or a database that only a migration can mend
        return NOTHING_TO_DO if note.read_text(encoding="utf-8") == _state(database) else {}
    return {}


def note_database(place: Path) -> None:
    """Note that the server stands: its database needs nothing more from this version. The first one becomes the template."""
    database, template = place / "prefect.db", _template()
    if not database.exists():
        return
    _note(place).write_text(_state(database), encoding="utf-8")
    if not os.access(template, os.R_OK):
        with contextlib.suppress(OSError, sqlite3.Error):  # a cache is a convenience: its folder may be anybody's
            _make_template(database, template)


def _make_template(database: Path, template: Path) -> None:
    template.parent.mkdir(parents=True, exist_ok=True)
    copy = template.with_suffix(f".{os.getpid()}")
    with contextlib.closing(sqlite3.connect(database)) as source:
        if source.execute("SELECT 1 FROM flow_run LIMIT 1").fetchone():
            return  # somebody's history is no template
        source.execute("VACUUM INTO ?", [str(copy)])
    with contextlib.closing(sqlite3.connect(copy)) as made:
        for table in OF_ONE_SERVER:
            made.execute(f"DELETE FROM {table}")  # noqa: S608 - our own constants
        made.commit()
        made.execute("VACUUM")
    copy.replace(template)


def _put(template: Path, database: Path) -> None:
    """A copy that was cut off is never taken for a database."""
    part = database.with_suffix(".part")
    shutil.copyfile(template, part)
    part.replace(database)


def _state(database: Path) -> str:
    """Which Prefect looks at it, and up to where it was migrated."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        revisions = connection.execute("SELECT version_num FROM alembic_version ORDER BY 1").fetchall()
    return f"{version('prefect')} {revisions}"


def _note(place: Path) -> Path:
    return place / "migrated.txt"


def _template() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "nightschool" / f"prefect-{version('prefect')}.db"
