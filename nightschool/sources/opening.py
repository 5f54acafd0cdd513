"""Choosing the source by looking at what is there, never by a guess."""

from __future__ import annotations

from pathlib import Path

from nightschool.errors import DataError
from nightschool.records import SourcePolicy
from nightschool.sources.agno_three import AgnoThreeSource
from nightschool.sources.base import ColumnarSource, ConversationSource
from nightschool.sources.sqlite_reading import SqliteReader

_GIVE_PATH = "Give the file that your agent's SqliteDb(db_file=…) writes: --agent-db PATH"
_MIGRATE = (
    'python -c "import asyncio; from agno.db.sqlite import SqliteDb; from agno.db.migrations.manager import MigrationManager; '
    "asyncio.run(MigrationManager(SqliteDb(db_file='copy.db')).up())\""
)
_NAMES_SHOWN = 8

_AGNO_THREE = {"run_id", "session_id", "run_index", "run_data", "created_at"}
_PLAIN_TABLE = {"user_message", "agent_response"}


def open_source(agent_db: str, *, agent_id: str = "", policy: SourcePolicy | None = None) -> ColumnarSource | ConversationSource:
    """The conversations in a database.

    Args:
        agent_db: a path of SQLite, or a database URL (`sqlite:///…`).
        agent_id: only turns of this agent or team; empty: of all.
        policy: names of tables, and a reader of the site's own; None: as Agno has them.

    Raises:
        DataError: where there is nothing to read, saying what was found instead and what to do.
    """
    reading = policy or SourcePolicy()
    reader = SqliteReader(_existing_file(_path_of(agent_db)))
    tables = reader.columns()
    if tables.get("agno_runs", set()) >= _AGNO_THREE and "agno_sessions" in tables:
        return AgnoThreeSource(reader, agent_id=agent_id, history_runs=reading.history_runs)
    raise _not_readable(reader.path, tables)


def _path_of(agent_db: str) -> Path:
    if not agent_db:
        raise DataError("No database of conversations is given.", next_step=_GIVE_PATH)
    if "://" not in agent_db:
        return Path(agent_db).expanduser()
    return _path_of_url(agent_db)


def _path_of_url(address: str) -> Path:
    import sqlalchemy as sa

    try:
        url = sa.make_url(address)
    except sa.exc.ArgumentError:
        raise DataError("The database URL given as --agent-db can't be read.", next_step=_GIVE_PATH) from None
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() != "sqlite":
        raise DataError(
            f"{shown} is a {url.get_backend_name()} database; nightschool reads SQLite so far.",
            next_step="Give a SQLite file of Agno's: --agent-db PATH",
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
    if "runs" in tables.get("agno_sessions", set()):
        return DataError(
            f"{path} was written by Agno 2 (runs inside agno_sessions.runs); nightschool reads Agno 3 so far.",
            next_step=f"Migrate a copy:\n{_MIGRATE}",
        )
    if tables.get("conversations", set()) >= _PLAIN_TABLE:
        return DataError(
            f"{path} keeps plain questions and answers (table conversations); nightschool reads Agno 3 so far.",
            next_step="Give an Agno 3 database: --agent-db PATH",
        )
    return DataError(
        f"{path} is not an Agno database: agno_sessions and agno_runs are missing. Found: {_some(sorted(tables))}.",
        next_step=_GIVE_PATH,
    )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown
