"""Choosing the source by looking at what is there, never by a guess."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.errors import DataError
from nightschool.records import SourcePolicy
from nightschool.sources.agno_opening import open_agno
from nightschool.sources.base import ColumnarSource, ConversationSource
from nightschool.sources.own_reader import open_own_reader
from nightschool.sources.plain_files import SUFFIXES as PLAIN_SUFFIXES
from nightschool.sources.plain_files import open_plain_file
from nightschool.sources.plain_table import PLAIN_TABLE, open_plain_table
from nightschool.sources.postgres_opening import open_postgres
from nightschool.sources.sqlite_reading import SqliteReader

if TYPE_CHECKING:
    from sqlalchemy import URL

_GIVE_PATH = "Give the file that your agent's SqliteDb(db_file=…) writes: --agent-db PATH"
_NAMES_SHOWN = 8

_PLAIN_TABLE = {"user_message", "agent_response"}


def open_source(agent_db: str, *, agent_id: str = "", policy: SourcePolicy | None = None) -> ColumnarSource | ConversationSource:
    """The conversations in a database.

    Args:
        agent_db: a path of SQLite, a file of questions and answers (CSV, JSON, JSON lines, Parquet), or a database URL
            (`sqlite:///…`, `postgresql://…`).
        agent_id: only turns of this agent or team; empty: of all.
        policy: names of tables, and a reader of the site's own; None: as Agno has them.

    Raises:
        DataError: where there is nothing to read, saying what was found instead and what to do.
    """
    reading = policy or SourcePolicy()
    if reading.reader:
        return open_own_reader(reading.reader, agent_db, agent_id)
    url = _url_of(agent_db)
    if url is not None and url.get_backend_name() == "postgresql":
        return open_postgres(url, agent_id=agent_id, policy=reading)
    file = _existing_file(_path_of(agent_db, url))
    if file.suffix.lower() in PLAIN_SUFFIXES:
        return open_plain_file(file, agent_id=agent_id)
    reader = SqliteReader(file)
    tables = reader.columns()
    if reading.conversations_table in tables:
        return open_plain_table(reader, reading.conversations_table, agent_id=agent_id)
    agno = open_agno(reader, tables, reading, agent_id=agent_id)
    if agno:
        return agno
    if tables.get(PLAIN_TABLE, set()) >= _PLAIN_TABLE:
        return open_plain_table(reader, PLAIN_TABLE, agent_id=agent_id)
    raise _not_readable(reader.path, tables)


def _url_of(agent_db: str) -> URL | None:
    """The URL of a database; None where a path is given."""
    if "://" not in agent_db:
        return None
    import sqlalchemy as sa

    try:
        # The short name that libpq takes too, and SQLAlchemy does not.
        return sa.make_url(re.sub("^postgres://", "postgresql://", agent_db))
    except sa.exc.ArgumentError:
        raise DataError("The database URL given as --agent-db can't be read.", next_step=_GIVE_PATH) from None


def _path_of(agent_db: str, url: URL | None) -> Path:
    if not agent_db:
        raise DataError("No database of conversations is given.", next_step=_GIVE_PATH)
    if url is None:
        return Path(agent_db).expanduser()
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() != "sqlite":
        raise DataError(
            f"{shown} is a {url.get_backend_name()} database; nightschool reads SQLite and PostgreSQL.",
            next_step="Give one of these (--agent-db PATH or postgresql://…), an export as a file (.csv, .jsonl, .parquet), "
            "or name a reader of your own: NIGHTSCHOOL_SOURCE__READER=package.module:object",
        )
    if not url.database or url.database == ":memory:":
        raise DataError(f"{shown} names no file: what lives in memory can't be read from here.", next_step=_GIVE_PATH)
    return Path(url.database)


def _existing_file(path: Path) -> Path:
    if path.is_dir():
        raise DataError(f"{path} is a folder, not a database.{_databases_in(path)}", next_step=_GIVE_PATH)
    if not path.exists():
        raise DataError(f"There is no file {path}.{_databases_in(path.parent)}", next_step=_GIVE_PATH)
    return path


def _databases_in(folder: Path) -> str:
    if not folder.is_dir():
        return f" There is no folder {folder} either."
    names = sorted(item.name for item in folder.iterdir() if item.suffix in {".db", ".sqlite", ".sqlite3"})
    return f" The folder {folder} has {_some(names)}." if names else ""


def _not_readable(path: Path, tables: dict[str, set[str]]) -> DataError:
    """What the database is, where it is not one that can be read."""
    if not tables:
        return DataError(f"{path} is an empty SQLite database: it has no tables.", next_step=_GIVE_PATH)
    missing = sorted({"agno_sessions", "agno_runs"} - set(tables), reverse=True)
    wanting = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing" if missing else "its tables lack columns"
    kind = "an Agno" if len(missing) > 1 else "a whole Agno"
    return DataError(f"{path} is not {kind} database: {wanting}. Found: {_some(sorted(tables))}.", next_step=_GIVE_PATH)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown
