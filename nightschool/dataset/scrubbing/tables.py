"""Scrubs columns of a table: SQL tells the texts in which there may be anything, and Python reads each of these once.

A history repeats what was said before, so its messages are looked at one by one, as the questions and answers are; those
in which nothing is found never reach Python.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nightschool.dataset.connection import quoted
from nightschool.dataset.scrubbing.guards import GROUPS_OF, mark, suspicious
from nightschool.dataset.scrubbing.public import personal_values
from nightschool.dataset.scrubbing.scrubber import AS_LEARNT, MESSAGES, Replaced, Scrubber, Way
from nightschool.errors import ConfigError
from nightschool.records import ScrubPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS_IN_A_SLICE = 122_880
"""A multiple of DuckDB's row groups. What is learnt of texts is forgotten after each slice, so that memory stays bounded."""
_ROWS_AT_ONCE = 5000
_FEWEST_USERS = 3
_SHARE_OF_USERS = 0.1
"""A value that stands in the system messages of so many users is public."""

_MESSAGE = r'\{"role": "[a-z]+", "content": "[^"\\\x00-\x1f\x{FDD0}\x{FDD1}]*"\}'
_ONLY_MESSAGES = rf"\[{_MESSAGE}(?:, {_MESSAGE})*\]"
"""A list of messages without escapes: a quote stands nowhere but around keys and values."""
# How a text is scrubbed: 0 not at all; the marks of its groups where it is JSON of any form; or one of these.
_PLAIN, _DIALOGUE = 16, 17
_WAYS: list[Way] = [*GROUPS_OF, AS_LEARNT, MESSAGES]


def scrub(
    connection: DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    *,
    key: str,
    policy: ScrubPolicy,
    public: Collection[str] = (),
) -> None:
    """Replace secrets and personal data in a table's text columns, in place; what a row becomes depends on that row alone.

    Fills the table `scrubbed(kind, values, texts)`: how many different values of a kind there were, and in how many texts.

    Args:
        connection: holds the table.
        table: its name.
        columns: of plain texts or JSON texts; within a row they are one conversation. Secrets are numbered in this order:
            with the question first, equal questions stay equal.
        key: the installation's salt.
        policy: which kinds are replaced, by what.
        public: texts whose personal data are everybody's, like the agent's own system message.

    Raises:
        ConfigError: for a pattern of the site's that DuckDB can't use.
    """
    connection.execute('CREATE OR REPLACE TABLE scrubbed (kind VARCHAR, "values" BIGINT, texts BIGINT)')
    if policy.mode == "off":
        return
    run = _Run(connection, table, columns, policy, Scrubber(key, policy, public), _Tally())
    last = connection.execute(f"SELECT coalesce(max(rowid), -1) FROM {table}").fetchall()[0][0]
    for first in range(0, last + 1, _ROWS_IN_A_SLICE):
        run.scrub_slice(first)
    run.tally.write(connection)


class _Tally:
    """Counts values and texts by kind."""

    def __init__(self) -> None:
        self._values: dict[str, set[int]] = defaultdict(set)
        self._texts: dict[str, int] = defaultdict(int)

    def add(self, replaced: Sequence[Replaced]) -> None:
        for kind, known_as, _ in replaced:
            self._values[kind].add(hash(known_as))
        for kind, _ in {(one.kind, one.text) for one in replaced}:
            self._texts[kind] += 1

    def write(self, connection: DuckDBPyConnection) -> None:
        rows = [(kind, len(values), self._texts[kind]) for kind, values in sorted(self._values.items())]
        if rows:
            connection.executemany("INSERT INTO scrubbed VALUES (?, ?, ?)", rows)


@dataclass(frozen=True)
class _Run:
    """One table being scrubbed, slice by slice."""

    connection: DuckDBPyConnection
    table: str
    columns: Sequence[str]
    policy: ScrubPolicy
    scrubber: Scrubber
    tally: _Tally

    def scrub_slice(self, first: int) -> None:
        """Scrub the rows from a place on."""
        self._find_suspects(first)
        self._learn_texts()
        suspects = self._batches(f"SELECT place, {self._each('way_{i}')}, {self._each('text_{i}')} FROM suspect_rows")
        self._replace([row for rows in suspects for row in self._scrubbed(rows)])
        self.connection.execute("DROP TABLE suspect_rows")

    def _each(self, form: str, between: str = ", ") -> str:
        """SQL for every column."""
        return between.join(form.format(i=i, name=name, table=self.table) for i, name in enumerate(self.columns))

    def _find_suspects(self, first: int) -> None:
        """Make `suspect_rows`: the place, the ways and the texts of rows in which there may be anything."""
        import duckdb

        ways = ", ".join(f"{_way(name, self.policy)} AS way_{i}" for i, name in enumerate(self.columns))
        within = f"rowid BETWEEN {first} AND {first + _ROWS_IN_A_SLICE - 1}"
        try:
            # Kept first: a condition on the ways would have every text looked at twice.
            self.connection.execute(
                f"CREATE TEMP TABLE suspect_ways AS SELECT rowid AS place, {ways} FROM {self.table} WHERE {within}"
            )
        except duckdb.InvalidInputException as error:
            raise ConfigError(
                f"a pattern of data.scrub.patterns can't be used: {error}",
                next_step="Write it in RE2's syntax, without looking around (https://github.com/google/re2/wiki/Syntax).",
            ) from error
        texts = self._each('t."{name}" AS text_{i}')
        self.connection.execute(f"""
            CREATE TEMP TABLE suspect_rows AS SELECT w.*, {texts} FROM {self.table} t JOIN suspect_ways w ON t.rowid = w.place
            WHERE t.{within} AND ({self._each("way_{i} > 0", " OR ")})
        """)
        self.connection.execute("DROP TABLE suspect_ways")

    def _learn_texts(self) -> None:
        """Let the scrubber read every plain text and every message of a dialogue in which there may be anything, once."""
        plain = self._each(f"SELECT text_{{i}} AS part FROM suspect_rows WHERE way_{{i}} = {_PLAIN}", " UNION ALL ")
        messages = self._each(
            f"SELECT unnest({_messages('text_{i}')}) AS part FROM suspect_rows WHERE way_{{i}} = {_DIALOGUE}", " UNION ALL "
        )
        self.connection.execute(f"CREATE TEMP TABLE suspect_parts AS SELECT DISTINCT part FROM ({plain} UNION ALL {messages})")
        self.scrubber.forget()
        for rows in self._batches(
            f"SELECT part, {mark('part', self.policy)} FROM suspect_parts WHERE {suspicious('part', self.policy)}"
        ):
            for part, marks in rows:
                self.scrubber.learn(part, GROUPS_OF[marks])
        self.connection.execute("DROP TABLE suspect_parts")

    def _batches(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        # No other statement may run meanwhile: the result would be lost.
        result = self.connection.execute(query)
        while rows := result.fetchmany(_ROWS_AT_ONCE):
            yield rows

    def _scrubbed(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The place and the new texts, None for one that stays, of the rows in which something was found."""
        width = len(self.columns)
        for place, *rest in rows:
            texts = ["" if text is None else text for text in rest[width:]]
            made, replaced = self.scrubber.scrub(texts, {i: _WAYS[way] for i, way in enumerate(rest[:width]) if way})
            if replaced:
                self.tally.add(replaced)
                yield place, *(None if new == old else new for old, new in zip(texts, made, strict=True))

    def _replace(self, rows: Sequence[tuple[Any, ...]]) -> None:
        import pandas as pd

        if not rows:
            return
        columns = ["place", *(f"new_{i}" for i in range(len(self.columns)))]
        types = {name: "int64" if name == "place" else "string" for name in columns}
        self.connection.register("scrubbed_rows", pd.DataFrame(rows, columns=columns, dtype="object").astype(types))
        changes = self._each('"{name}" = coalesce(new_{i}, {table}."{name}")')
        self.connection.execute(f"UPDATE {self.table} SET {changes} FROM scrubbed_rows WHERE {self.table}.rowid = place")
        self.connection.unregister("scrubbed_rows")


def _messages(text: str) -> str:
    """An SQL expression: the contents of a dialogue, whose quotes stand nowhere else."""
    return f"""string_split({text}, '"')[8:-1:8]"""


def _way(column: str, policy: ScrubPolicy) -> str:
    """An SQL expression: how a text is to be scrubbed."""
    name = f'"{column}"'
    return f"""(CASE WHEN {suspicious(name, policy)} THEN
        CASE WHEN {name}[1] NOT IN ('[', '{{') THEN {_PLAIN}
            WHEN regexp_full_match({name}, {quoted(_ONLY_MESSAGES)}) THEN {_DIALOGUE} ELSE {mark(name, policy)} END
        ELSE 0 END)::UTINYINT"""


def public_values(connection: DuckDBPyConnection, table: str) -> list[str]:
    """Personal data that stand in the system messages of many users, and so are the agent's own: the shop's number.

    What stands in one user's only is that user's: Agno writes its memories of a user into the system message.

    Args:
        connection: holds the table.
        table: turns, with `system_message`, `user_id` and `session_id`.
    """
    rows = connection.execute(f"""
        SELECT system_message, list(DISTINCT coalesce(nullif(user_id, ''), session_id)) FROM {table}
        WHERE {suspicious("system_message", ScrubPolicy())} GROUP BY system_message
    """).fetchall()
    users: dict[str, set[str]] = defaultdict(set)
    for message, readers in rows:
        for value in personal_values(message):
            users[value].update(readers)
    everybody = set().union(*users.values())
    return sorted(value for value, known in users.items() if len(known) >= max(_FEWEST_USERS, _SHARE_OF_USERS * len(everybody)))
