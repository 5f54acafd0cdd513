"""Reading a PostgreSQL database: in one snapshot, without any right to write, and with errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nightschool.errors import DataError

if TYPE_CHECKING:
    from psycopg import Connection
    from sqlalchemy import URL

CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_S = 300.0
LOCK_WAIT_S = 5.0

PAGE_BYTES = 2**26
"""A page ends early where its texts are longer than this."""
_ROWS_AT_ONCE = 500
# To plan the SQL that a page meets takes as long as some thousand rows: small pages are dear ones.
_PAGE_ROWS = 20_000

Row = tuple[Any, ...]
Table = tuple[str, str]
"""A schema and a table or view in it."""

# Asking the catalogue, and not information_schema, also shows tables that this role may not read.
_COLUMNS = """
SELECT n.nspname, c.relname, a.attname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""


class PostgresReader:
    """One database, by its SQLAlchemy URL.

    Args:
        url: postgresql://… or postgresql+psycopg://…
        statement_timeout_s: how long the server works on one query or page before it gives up.
        lock_wait_s: how long a migration may keep a table before reading gives up.
    """

    def __init__(self, url: URL, *, statement_timeout_s: float = STATEMENT_TIMEOUT_S, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self.shown = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        self.statement_timeout_s = statement_timeout_s
        self.lock_wait_s = lock_wait_s
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._role = url.username or "your_role"
        self._session = {
            "statement_timeout": f"{statement_timeout_s * 1000:.0f}ms",
            "lock_timeout": f"{lock_wait_s * 1000:.0f}ms",
            "DateStyle": "ISO",
        }

    @contextmanager
    def connected(self) -> Iterator[Connection[Row]]:
        """A connection inside one REPEATABLE READ READ ONLY transaction; what goes wrong is raised as a DataError."""
        psycopg = _driver()
        try:
            with psycopg.connect(self._url, connect_timeout=CONNECT_TIMEOUT_S, client_encoding="utf8") as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
                for name, value in self._session.items():
                    connection.execute("SELECT set_config(%s, %s, true)", (name, value))
                yield connection
        except psycopg.Error as error:
            raise self._explained(error) from None

    def rows(self, query: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """All rows of one query, in a transaction of its own."""
        with self.connected() as connection:
            return connection.execute(_sql(query), parameters).fetchall()

    def columns(self) -> dict[Table, set[str]]:
        """The columns of every table and view that is not the server's own."""
        found: dict[Table, set[str]] = {}
        for schema, table, column in self.rows(_COLUMNS):
            found.setdefault((schema, table), set()).add(column)
        return found

    def _explained(self, error: Exception) -> DataError:
        state = getattr(error, "sqlstate", None)
        words = _first_line(error)
        found, next_step = _BY_STATE.get(state or "", ("", ""))
        if not found:
            marks = (explanation for mark, explanation in _BY_WORDS.items() if mark in words)
            found, next_step = next(marks, ("{shown} can't be read: {words}.", "Check the URL and the server, and run again."))
        known = {
            "shown": self.shown,
            "words": words,
            "role": self._role,
            "statement": f"{self.statement_timeout_s:g}",
            "lock": f"{self.lock_wait_s:g}",
        }
        return DataError(found.format(**known), next_step=next_step.format(**known))


def pages(connection: Connection[Row], query: str, parameters: Mapping[str, object]) -> Iterator[list[Row]]:
    """The rows of a query, as the server makes them: a page at a time, of at most about `PAGE_BYTES`."""
    with connection.cursor(name="nightschool") as cursor:
        cursor.execute(_sql(query), parameters)
        page: list[Row] = []
        size = 0
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            page += rows
            size += sum(len(value) for row in rows for value in row if isinstance(value, str | bytes))
            if size >= PAGE_BYTES or len(page) >= _PAGE_ROWS:
                yield page
                page, size = [], 0
        if page:
            yield page


def quoted_table(table: Table) -> str:
    """A table's full name as SQL that parameters are given to."""
    return ".".join(quoted_column(name) for name in table)


def quoted_column(name: str) -> str:
    """A name as SQL that parameters are given to."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def _sql(query: str) -> Any:
    # psycopg's types want a literal, so that nobody pastes values into it: these are made of names of tables alone.
    return query


def _driver() -> Any:
    try:
        import psycopg
    except ModuleNotFoundError:
        raise DataError(
            "Reading PostgreSQL needs a driver that is not installed.", next_step='pip install "nightschool[postgres]"'
        ) from None
    return psycopg


def _first_line(error: Exception) -> str:
    # libpq says "connection to server at …, port … failed: FATAL:  …": the end says why.
    return str(error).partition("\n")[0].rstrip(". ")


_GIVE_URL = "Give postgresql://USER:PASSWORD@HOST:PORT/DATABASE; a password may also stand in PGPASSWORD or ~/.pgpass."
_AGAIN = "Run again when the migration or maintenance of the table has finished."
_BY_STATE = {
    "42501": (
        "{shown}: the role {role} may not read this: {words}.",
        "As the tables' owner: GRANT USAGE ON SCHEMA … TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA … TO {role};",
    ),
    "57014": (
        "{shown}: a query took longer than {statement} s and was given up.",
        "Read fewer days at once, make an index on created_at, or allow more: NIGHTSCHOOL_SOURCE__STATEMENT_TIMEOUT_S=900",
    ),
    "55P03": ("{shown}: a table was locked by somebody else for more than {lock} s.", _AGAIN),
    "42P01": ("{shown} lost a table while it was read.", _AGAIN),
    "3D000": ("{shown}: there is no such database.", _GIVE_URL),
    "28P01": ("{shown}: the server refused the name or password.", _GIVE_URL),
    "28000": ("{shown}: the server refused the name or password.", _GIVE_URL),
}
# Where the connection itself fails, the driver knows no state.
_BY_WORDS = {
    "password authentication failed": _BY_STATE["28P01"],
    "no password supplied": _BY_STATE["28P01"],
    "does not exist": ("{shown}: {words}.", _GIVE_URL),
    "Connection refused": ("No PostgreSQL answers at {shown}: {words}.", "Start the server, or correct host and port."),
    "No such file": ("No PostgreSQL answers at {shown}: {words}.", "Start the server, or correct host and port."),
    "resolve": ("No PostgreSQL answers at {shown}: {words}.", "Correct the host's name."),
    "timeout": ("No PostgreSQL answers at {shown}: {words}.", "Check host, port and firewall."),
}
