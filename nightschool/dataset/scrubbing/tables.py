"""Scrubs columns of a table: SQL tells the texts in which there may be anything, and Python reads only these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from nightschool.dataset.connection import quoted
from nightschool.dataset.scrubbing.detector import Group
from nightschool.dataset.scrubbing.detectors import DETECTORS, OURS, custom_detector
from nightschool.dataset.scrubbing.public import personal_values
from nightschool.dataset.scrubbing.scrubber import Replaced, Scrubber
from nightschool.errors import ConfigError
from nightschool.records import ScrubPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS_AT_ONCE = 5000
_FEWEST_USERS = 3
_SHARE_OF_USERS = 0.1
"""A value that stands in the system messages of so many users is public."""
_GROUPS: tuple[Group, ...] = get_args(Group)
_GROUPS_OF = [tuple(group for i, group in enumerate(_GROUPS) if mark >> i & 1) for mark in range(2 ** len(_GROUPS))]
_ESCAPED_SIGN = r"\\u[0-9A-Fa-f]{4}"
"""In a JSON text any sign may be written so; then only Python, which reads the JSON, can tell."""


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
    tally = _Tally()
    scrubber = Scrubber(key, policy, public)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE scrubbed_rows ({_typed(columns)})")
    for rows in _suspects(connection, table, columns, policy):
        _insert(connection, columns, [row for row in _scrubbed(scrubber, rows, len(columns), tally) if row is not None])
    changes = ", ".join(f'"{name}" = new."{name}"' for name in columns)
    connection.execute(f"UPDATE {table} SET {changes} FROM scrubbed_rows AS new WHERE {table}.rowid = new.place")
    connection.execute("DROP TABLE scrubbed_rows")
    tally.write(connection)


def guards(policy: ScrubPolicy) -> dict[Group, str]:
    """By group, an expression for RE2 that matches every text in which the group's detectors can find anything."""
    known: dict[Group, list[str]] = {group: [_ESCAPED_SIGN] for group in get_args(Group)}
    for detector in (*DETECTORS, *(custom_detector(pattern) for pattern in policy.patterns)):
        if detector is not OURS:
            known[detector.group].append(detector.guard or detector.core)
    return {group: "|".join(f"(?:{part})" for part in parts).replace("(?P<value>", "(?:") for group, parts in known.items()}


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


def _suspects(
    connection: DuckDBPyConnection, table: str, columns: Sequence[str], policy: ScrubPolicy
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows in which something may be found: their place, whether each column may hold it, and the columns' texts."""
    import duckdb

    expressions = guards(policy)
    marks = ", ".join(f"{_mark(name, expressions)} AS mark_{i}" for i, name in enumerate(columns))
    texts = ", ".join(f'"{name}" AS text_{i}' for i, name in enumerate(columns))
    anything = quoted("|".join(expressions.values()))
    # Tested before the marks are made: these take four times as long, and most rows need none.
    any_mark = " OR ".join(f'regexp_matches("{name}", {anything})' for name in columns)
    # A connection of its own: a result is lost when another statement runs on the same one.
    reader = connection.cursor()
    try:
        reader.execute(f"SELECT rowid AS place, {marks}, {texts} FROM {table} WHERE {any_mark}")
    except duckdb.InvalidInputException as error:
        raise ConfigError(
            f"a pattern of data.scrub.patterns can't be used: {error}",
            next_step="Write it in RE2's syntax, without looking around (https://github.com/google/re2/wiki/Syntax).",
        ) from error
    while rows := reader.fetchmany(_ROWS_AT_ONCE):
        yield rows


def _mark(column: str, expressions: Mapping[Group, str]) -> str:
    """An SQL expression: one bit for each group that may find something. Most texts need one look."""
    bits = [f'(regexp_matches("{column}", {quoted(one)})::UTINYINT << {i})' for i, one in enumerate(expressions.values())]
    anything = quoted("|".join(expressions.values()))
    return f'CASE WHEN regexp_matches("{column}", {anything}) THEN {" | ".join(bits)} ELSE 0 END'


def _scrubbed(
    scrubber: Scrubber, rows: Sequence[tuple[Any, ...]], width: int, tally: _Tally
) -> Iterator[tuple[object, ...] | None]:
    """The rows with their new texts; None for those in which nothing was found."""
    for place, *rest in rows:
        marks, given = rest[:width], rest[width:]
        texts = ["" if text is None else str(text) for text in given]
        made, replaced = scrubber.scrub(texts, {i: _GROUPS_OF[mark] for i, mark in enumerate(marks) if mark})
        tally.add(replaced)
        changed = [None if old is None else new for old, new in zip(given, made, strict=True)]
        yield (place, *changed) if replaced else None


def _insert(connection: DuckDBPyConnection, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    import pandas as pd

    if not rows:
        return
    places, *texts = zip(*rows, strict=True)
    frame = {"place": pd.Series(places, dtype="int64")}
    frame |= {f"text_{i}": pd.Series(column, dtype="string") for i, column in enumerate(texts)}
    connection.register("batch", pd.DataFrame(frame))
    connection.execute("INSERT INTO scrubbed_rows SELECT * FROM batch")
    connection.unregister("batch")


def _typed(columns: Sequence[str]) -> str:
    return ", ".join(["place BIGINT", *(f'"{name}" VARCHAR' for name in columns)])


def public_values(connection: DuckDBPyConnection, table: str) -> list[str]:
    """Personal data that stand in the system messages of many users, and so are the agent's own: the shop's number.

    What stands in one user's only is that user's: Agno writes its memories of a user into the system message.

    Args:
        connection: holds the table.
        table: turns, with `system_message`, `user_id` and `session_id`.
    """
    pattern = quoted("|".join(guards(ScrubPolicy()).values()))
    rows = connection.execute(f"""
        SELECT system_message, list(DISTINCT coalesce(nullif(user_id, ''), session_id)) FROM {table}
        WHERE regexp_matches(system_message, {pattern}) GROUP BY system_message
    """).fetchall()
    users: dict[str, set[str]] = defaultdict(set)
    for message, readers in rows:
        for value in personal_values(message):
            users[value].update(readers)
    everybody = set().union(*users.values())
    return sorted(value for value, known in users.items() if len(known) >= max(_FEWEST_USERS, _SHARE_OF_USERS * len(everybody)))
