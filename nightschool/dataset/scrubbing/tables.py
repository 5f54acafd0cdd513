"""Scrubs columns of a table: SQL tells the texts in which there may be anything, and Python reads each of these once.

A history repeats what was said before, so its messages are read one by one, each once, however many turns repeat it. SQL then
puts the rows together. Only what depends on the rest of its row comes to Python as a row: names, which are looked for in all
of its texts, and placeholders, which are numbered in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from nightschool.dataset.connection import quoted
from nightschool.dataset.scrubbing.guards import GROUPS_OF, mark, suspicious
from nightschool.dataset.scrubbing.json_texts import BETWEEN_MESSAGES, is_dialogue_in_sql
from nightschool.dataset.scrubbing.public import personal_values
from nightschool.dataset.scrubbing.reading import Part
from nightschool.dataset.scrubbing.scrubber import Replaced, Scrubber
from nightschool.errors import ConfigError
from nightschool.records import ScrubKind, ScrubPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS_IN_A_SLICE = 122_880
"""A multiple of DuckDB's row groups. What is learnt of texts is forgotten after each slice, so that memory stays bounded."""
_ROWS_AT_ONCE = 5000
_FEWEST_USERS = 3
_SHARE_OF_USERS = 0.1
"""A value that stands in the system messages of so many users is public."""

_KINDS: tuple[str, ...] = get_args(ScrubKind)
# How a text is scrubbed: not at all, as a whole, or message by message.
_NOT, _WHOLE, _DIALOGUE = 0, 1, 2


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

    def add_values(self, replaced: Iterable[tuple[str, str]]) -> None:
        for kind, known_as in replaced:
            self._values[kind].add(hash(known_as))

    def add_texts(self, kinds: int, number: int = 1) -> None:
        for i, kind in enumerate(_KINDS):
            if kinds >> i & 1:
                self._texts[kind] += number

    def add_row(self, replaced: Sequence[Replaced]) -> None:
        self.add_values((kind, known_as) for kind, known_as, _ in replaced)
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
        within = f"BETWEEN {first} AND {first + _ROWS_IN_A_SLICE - 1}"
        self._find_suspects(within)
        self._cut()
        self._learn()
        self._put_together()
        self._scrub_rows()
        for i, name in enumerate(self.columns):
            self.connection.execute(f"""
                UPDATE {self.table} SET "{name}" = made FROM changes
                WHERE {self.table}.rowid = place AND {self.table}.rowid {within} AND place {within} AND col = {i}
            """)
        for table in ("suspects", "pieces", "learnt", "found", "changes"):
            self.connection.execute(f"DROP TABLE {table}")

    def _each(self, form: str, between: str = ", ") -> str:
        """SQL for every column."""
        return between.join(form.format(i=i, name=name) for i, name in enumerate(self.columns))

    def _find_suspects(self, within: str) -> None:
        """Make `suspects`: the place, the ways and the texts of rows in which there may be anything."""
        import duckdb

        ways = ", ".join(f"{_way(name, self.policy)} AS way_{i}" for i, name in enumerate(self.columns))
        try:
            # Kept first: a condition on the ways would have every text looked at twice.
            self.connection.execute(
                f"CREATE TEMP TABLE ways AS SELECT rowid AS place, {ways} FROM {self.table} WHERE rowid {within}"
            )
        except duckdb.InvalidInputException as error:
            raise ConfigError(
                f"a pattern of data.scrub.patterns can't be used: {error}",
                next_step="Write it in RE2's syntax, without looking around (https://github.com/google/re2/wiki/Syntax).",
            ) from error
        texts = self._each('t."{name}" AS text_{i}')
        self.connection.execute(f"""
            CREATE TEMP TABLE suspects AS SELECT w.*, {texts} FROM {self.table} t JOIN ways w ON t.rowid = w.place
            WHERE t.rowid {within} AND ({self._each(f"way_{{i}} <> {_NOT}", " OR ")})
        """)
        self.connection.execute("DROP TABLE ways")

    def _cut(self) -> None:
        """Make `pieces`: the suspects' texts, dialogues cut into messages, with their places (`nth` is 0 for what is whole)."""
        whole = self._each(f"SELECT place, {{i}}, 0, text_{{i}} FROM suspects WHERE way_{{i}} = {_WHOLE}", " UNION ALL ")
        dialogues = self._each(f"SELECT place, {{i}}, text_{{i}} FROM suspects WHERE way_{{i}} = {_DIALOGUE}", " UNION ALL ")
        self.connection.execute(f"""
            CREATE TEMP TABLE pieces AS
            SELECT place::BIGINT AS place, col::UTINYINT AS col, nth::INTEGER AS nth, piece FROM (
                {whole}
                UNION ALL SELECT place, col, generate_subscripts(messages, 1), unnest(messages) FROM (
                    SELECT place, col, string_split(dialogue, {quoted(BETWEEN_MESSAGES)}) AS messages
                    FROM ({dialogues}) AS cut(place, col, dialogue)
                )
            ) AS cut(place, col, nth, piece)
        """)

    def _learn(self) -> None:
        """Have every piece in which there may be anything read once. Makes `learnt`, of those in which there is.

        Columns: piece, is_message, made, kinds (a bit for each), alone (whether it becomes the same in every row).
        """
        query = f"""
            SELECT piece, is_message, {mark("piece", self.policy)} FROM (SELECT DISTINCT piece, nth > 0 AS is_message FROM pieces)
            WHERE {suspicious("piece", self.policy)}
        """
        self.scrubber.forget()
        rows: list[tuple[Any, ...]] = []
        for batch in self._batches(query):
            for piece, is_message, marks in batch:
                learnt = self.scrubber.learn(piece, GROUPS_OF[marks], is_message=is_message)
                if learnt is not None:
                    part = learnt.part
                    rows.append((piece, is_message, part.text, _bits(part), learnt.is_the_same_everywhere and not part.names))
                    if rows[-1][-1]:
                        self.tally.add_values(part.replaced)
        self._make(
            "learnt", {"piece": "string", "is_message": "bool", "made": "string", "kinds": "uint32", "alone": "bool"}, rows
        )
        self.connection.execute("""
            CREATE TEMP TABLE found AS
            SELECT place, col, nth, made, kinds, bool_and(alone) OVER (PARTITION BY place) AS alone
            FROM pieces p JOIN learnt l ON p.piece = l.piece AND (p.nth > 0) = l.is_message
        """)

    def _put_together(self) -> None:
        """Make `changes`: the place, the column and the new text, of rows that need no other look."""
        self.connection.execute(f"""
            CREATE TEMP TABLE changes AS
            SELECT place, col, made FROM found WHERE nth = 0 AND alone
            UNION ALL
            SELECT place, col, string_agg(coalesce(made, piece), {quoted(BETWEEN_MESSAGES)} ORDER BY nth)
            FROM (SELECT DISTINCT place, col FROM found WHERE nth > 0 AND alone)
            JOIN pieces USING (place, col) LEFT JOIN found USING (place, col, nth)
            GROUP BY place, col
        """)
        texts = "SELECT bit_or(kinds) AS kinds FROM found WHERE alone GROUP BY place, col"
        for kinds, number in self.connection.execute(f"SELECT kinds, count(*) FROM ({texts}) GROUP BY kinds").fetchall():
            self.tally.add_texts(kinds, number)

    def _scrub_rows(self) -> None:
        """Add to `changes` the rows that have names, or placeholders."""
        texts = self._each("coalesce(text_{i}, '')")
        query = f"SELECT place, {texts} FROM suspects SEMI JOIN (SELECT place FROM found WHERE NOT alone) USING (place)"
        rows: list[tuple[Any, ...]] = []
        for batch in self._batches(query):
            for place, *old in batch:
                made, replaced = self.scrubber.scrub(old, as_learnt=True)
                self.tally.add_row(replaced)
                rows += [(place, i, text) for i, text in enumerate(made) if text != old[i]]
        self._make("scrubbed_rows", {"place": "int64", "col": "uint8", "made": "string"}, rows)
        self.connection.execute("INSERT INTO changes FROM scrubbed_rows")
        self.connection.execute("DROP TABLE scrubbed_rows")

    def _batches(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        # No other statement may run meanwhile: the result would be lost.
        result = self.connection.execute(query)
        while rows := result.fetchmany(_ROWS_AT_ONCE):
            yield rows

    def _make(self, table: str, types: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
        import pandas as pd

        self.connection.register("made_rows", pd.DataFrame(rows, columns=list(types), dtype="object").astype(types))
        self.connection.execute(f"CREATE TEMP TABLE {table} AS FROM made_rows")
        self.connection.unregister("made_rows")


def _bits(part: Part) -> int:
    bits = 0
    for kind, _ in part.replaced:
        bits |= 1 << _KINDS.index(kind)
    return bits


def _way(column: str, policy: ScrubPolicy) -> str:
    """An SQL expression: how a text is to be scrubbed."""
    name = f'"{column}"'
    way = f"CASE WHEN {is_dialogue_in_sql(name)} THEN {_DIALOGUE} ELSE {_WHOLE} END"
    return f"(CASE WHEN {suspicious(name, policy)} THEN {way} ELSE {_NOT} END)::UTINYINT"


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
