"""What an installation keeps, as one folder: taken while nights run, put back into empty databases of either kind.

The databases become SQLite files, read as they were at one moment each; so a backup is also the way from SQLite to PostgreSQL.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightschool.databases import open_engine
from nightschool.errors import ConfigError, DataError
from nightschool.feedback import FeedbackBook
from nightschool.llm import Journal
from nightschool.records import Night
from nightschool.registry import Registry

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from nightschool.settings import Settings

DATABASES = {"registry": "registry_", "journal": "journal", "feedback": "nightschool_feedback"}
"""How the tables begin that are copied; what is claimed or leased by running processes is not."""
LEFT_OUT = ("registry_leases", "journal_claims")
FOLDERS = ("nights", "searches", "served", "reports", "artifacts")
"""Artifacts last: what a database names was written before it was named."""
SALT = "salt"
ROWS_AT_ONCE = 500


def back_up(settings: Settings, folder: Path) -> dict[str, int]:
    """Copy everything into a folder; again into the same one it replaces the databases and adds the files that are new.

    Returns:
        Rows and files, by what they are of.

    Raises:
        ConfigError: where a database can't be opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copied: dict[str, int] = {}
    for name in DATABASES:
        unfinished, place = folder / f".{name}.db", folder / f"{name}.db"
        unfinished.unlink(missing_ok=True)
        _make(name, f"sqlite:///{unfinished.absolute()}")
        copied[name] = _copy(name, settings.database_url(name), f"sqlite:///{unfinished.absolute()}")
        _settle(unfinished)
        unfinished.replace(place)
    return copied | _copy_files(settings.home, folder)


def restore(settings: Settings, folder: Path) -> dict[str, int]:
    """Put a backup into the databases and the home folder that the settings name; all of it must be empty.

    Returns:
        Rows and files, by what they are of.

    Raises:
        DataError: where the folder is no backup, or something is there already.
        ConfigError: where a database can't be opened.
    """
    missing = [name for name in DATABASES if not (folder / f"{name}.db").is_file()]
    if missing:
        raise DataError(f"{folder} is no backup: it has no {missing[0]}.db.", next_step="Name a folder of `nightschool backup`.")
    for name in DATABASES:
        _make(name, settings.database_url(name))
        _require_empty(name, settings.database_url(name))
    copied = {}
    for name in DATABASES:
        copied[name] = _copy(name, f"sqlite:///{(folder / f'{name}.db').absolute()}", settings.database_url(name))
    return copied | _copy_files(folder, settings.home)


def _settle(database: Path) -> None:
    """Write SQLite's log into the file itself, which is moved alone."""
    with closing(sqlite3.connect(database)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    assert mode == "delete", "nobody else has it open"


def _make(name: str, url: str) -> None:
    """The tables, as the room that they belong to makes them."""
    if name == "registry":
        Registry(url).close()
    elif name == "journal":
        Journal(url, Night(target="backup", run_date=date.min)).close()
    else:
        FeedbackBook(url).close()


def _copy(name: str, source: str, target: str) -> int:
    """Copy all rows, in one transaction on either side; the source's schema is brought up to date before."""
    _make(name, source)
    of, to = open_engine(source), open_engine(target)
    try:
        with of.connect() as reading, to.begin() as writing:
            return sum(_copy_table(table, reading, writing) for table in _tables(name, writing))
    finally:
        of.dispose()
        to.dispose()


def _copy_table(table: Table, reading: Connection, writing: Connection) -> int:
    # What making the schema put in, its version, is the source's too.
    writing.execute(table.delete())
    count = 0
    rows = reading.execution_options(yield_per=ROWS_AT_ONCE).execute(_source_of(table, reading).select())
    for part in rows.mappings().partitions(ROWS_AT_ONCE):
        writing.execute(table.insert(), [_fitting(dict(row), table) for row in part])
        count += len(part)
    _go_on_counting(table, writing)
    return count


def _source_of(table: Table, reading: Connection) -> Table:
    import sqlalchemy as sa

    return sa.Table(table.name, sa.MetaData(), autoload_with=reading)


def _tables(name: str, connection: Connection) -> Iterator[Table]:
    import sqlalchemy as sa

    for found in sorted(sa.inspect(connection).get_table_names()):
        if found.startswith(DATABASES[name]) and found not in LEFT_OUT:
            yield sa.Table(found, sa.MetaData(), autoload_with=connection)


def _fitting(row: dict[str, Any], table: Table) -> dict[str, Any]:
    """Moments as the target keeps them: SQLite knows no zone, and everything in it is UTC."""
    for name, value in row.items():
        if isinstance(value, datetime):
            aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            row[name] = aware if getattr(table.c[name].type, "timezone", False) else aware.replace(tzinfo=None)
    return row


def _go_on_counting(table: Table, writing: Connection) -> None:
    """PostgreSQL numbers rows from where its own count stands, whatever was copied."""
    import sqlalchemy as sa

    number = table.c.get("id")
    if writing.dialect.name != "postgresql" or number is None:
        return
    count = sa.func.pg_get_serial_sequence(table.name, "id")
    highest = sa.select(sa.func.coalesce(sa.func.max(number), 0) + 1).scalar_subquery()
    writing.execute(sa.select(sa.func.setval(count, highest, False)))


def _require_empty(name: str, url: str) -> None:
    import sqlalchemy as sa

    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            for table in _tables(name, connection):
                if (
                    table.name != "registry_schema"
                    and connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
                ):
                    raise DataError(
                        f"The {name} is not empty (table {table.name}): a backup is not mixed with what is there.",
                        next_step=f"Set {name}_url to an empty database, or move the old one away.",
                    )
    finally:
        engine.dispose()


def _copy_files(source: Path, target: Path) -> dict[str, int]:
    if (source / SALT).is_file():
        target.mkdir(parents=True, exist_ok=True)
        if (target / SALT).is_file() and (target / SALT).read_bytes() != (source / SALT).read_bytes():
            raise ConfigError(f"{target / SALT} is another installation's.", next_step="Restore into an empty home folder.")
        shutil.copy2(source / SALT, target / SALT)
    return {name: sum(_copy_file(path, source, target) for path in _files(source / name)) for name in FOLDERS}


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]


def _copy_file(path: Path, source: Path, target: Path) -> int:
    """Whole or not at all; an artifact that is there is the same, because its name says its content."""
    place = target / path.relative_to(source)
    if place.is_file() and path.relative_to(source).parts[0] == "artifacts":
        return 0
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f".{place.name}.copying")
    shutil.copy2(path, unfinished)
    unfinished.replace(place)
    return 1
