"""Plain questions and answers, one row each, made into turns: what the table `conversations` and files have in common.

A source fills `plain` (`create_plain`): every column as text, as it was written. One SQL makes turns of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from datetime import UTC
from typing import TYPE_CHECKING

from nightschool.errors import DataError
from nightschool.records import Window
from nightschool.sources.base import EXCERPT_CHARS, Holdings
from nightschool.sources.texts import MAX_JSON_BYTES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEEDED = ("user_message", "agent_response", "timestamp")
OPTIONAL = ("rating", "session_id", "user_id", "agent_id", "run_id", "comment", "correction")
COLUMNS = (*NEEDED, *OPTIONAL)

_NAMES_SHOWN = 12
_REPEATED = "run_id is not unique"
TOO_LONG = f"longer than {MAX_JSON_BYTES // 2**20} MB"
# Unix times from here on are in milliseconds, microseconds, nanoseconds: in seconds they would be thousands of years away.
_UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3))


def chosen_columns(found: Collection[str], where: str) -> dict[str, str]:
    """Which of the columns found are which of ours, by their names in any case; others mean nothing and are left alone.

    Args:
        found: the names of the columns.
        where: what has them, for the message.

    Raises:
        DataError: where one that is needed is missing, or one is nearly named like ours and would be missed.
    """
    by_name = {name.strip().lower(): name for name in found}
    chosen = {column: by_name[column] for column in COLUMNS if column in by_name}
    missing = [column for column in NEEDED if column not in chosen]
    others = [name for name in by_name if name not in COLUMNS]
    likely = {name: like[0] for name in others if (like := difflib.get_close_matches(name, set(COLUMNS) - set(chosen), 1, 0.8))}
    if missing or likely:
        shown = ", ".join(list(found)[:_NAMES_SHOWN]) or "none"
        guesses = "".join(f" Did you mean {column} by {name}?" for name, column in likely.items())
        lacks = f" lacks {', '.join(missing)}" if missing else " has a column that nearly is one of ours"
        raise DataError(
            f"{where}{lacks}. Its columns: {shown}.{guesses}",
            next_step=f"Needed: {', '.join(NEEDED)}. Used if there: {', '.join(OPTIONAL)}. Rename yours, or make a view of them.",
        )
    return chosen


def create_plain(connection: DuckDBPyConnection) -> None:
    """Make the empty table `plain`. `position` orders rows as they were written, `origin` names one to a person."""
    typed = ", ".join(f'"{name}" VARCHAR' for name in COLUMNS)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE plain (position BIGINT, origin VARCHAR, fault VARCHAR, {typed})")


def read_plain(connection: DuckDBPyConnection, window: Window, agent_id: str) -> None:
    """Make `judged` from `plain`: each row with its time, its ids, what is wrong with it, and whether it is in the window.

    A row that can't be dated is in every window. Rows of other agents are left out; a row that names none is everybody's.
    """
    bounds = [window.start.astimezone(UTC).replace(tzinfo=None), window.end.astimezone(UTC).replace(tzinfo=None)]
    connection.execute(_JUDGED, {"start": bounds[0], "end": bounds[1], "agent": agent_id})


def add_judged(connection: DuckDBPyConnection) -> None:
    """Add `judged` to the tables of turns."""
    for query in (_ADD_TURNS, _ADD_SYSTEM_MESSAGE, _ADD_BAD_TURNS, _ADD_QUARANTINE):
        connection.execute(query)


def counted(connection: DuckDBPyConnection) -> int:
    """The rows of `judged` that are in the window."""
    found = connection.execute("SELECT count(*) FROM judged WHERE in_window").fetchone()
    return int(found[0]) if found else 0


def held(connection: DuckDBPyConnection) -> Holdings:
    """What `judged` has in all; it must have been made for no agent."""
    found = connection.execute("SELECT count(*), min(created_at), max(created_at) FROM judged WHERE reason IS NULL").fetchone()
    turns, first, last = found or (0, None, None)
    names = connection.execute("SELECT DISTINCT agent_id FROM judged WHERE agent_id <> '' ORDER BY 1").fetchall()
    return Holdings(
        turns=turns,
        first=first and first.replace(tzinfo=UTC),
        last=last and last.replace(tzinfo=UTC),
        agent_ids=tuple(name for (name,) in names),
    )


_UNIX = (
    "CASE WHEN regexp_full_match(trim(timestamp), '-?[0-9]+([.][0-9]*)?([eE][+]?[0-9]+)?') THEN try_cast(timestamp AS DOUBLE) END"
)
_SECONDS = " ".join(f"WHEN abs(unix) >= {least} THEN unix / {unit}" for least, unit in _UNITS)
# ISO 8601 is in UTC where it names no zone.
_MOMENT = f"""CASE
    WHEN unix IS NOT NULL THEN try(make_timestamp((CASE {_SECONDS} ELSE unix END * 1000000)::BIGINT))
    WHEN regexp_matches(timestamp, ':[^+-]*(Z|UTC|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')
    THEN try_cast(timestamp AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
    ELSE try_cast(timestamp AS TIMESTAMP) END"""

# What gives a row its id where it has none.
_CONTENT = "user_message, agent_response, created_at, session_id"
_RATING = "try_cast(rating AS DOUBLE)"
_SIZE = " + ".join(f"coalesce(strlen({name}), 0)" for name in COLUMNS)
_CLEAN = ", ".join(
    f"nullif(replace({name}, chr(0), ''), '') AS {name}" for name in COLUMNS if name not in {"timestamp", "rating"}
)
_TRIMMED = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in ("timestamp", "rating"))

_JUDGED = f"""
    CREATE OR REPLACE TEMP TABLE judged AS
    WITH clean AS (
        SELECT position, origin, fault, {_SIZE} AS size, {_UNIX} AS unix, {_CLEAN}, {_TRIMMED} FROM plain
    ), dated AS (
        SELECT *, {_MOMENT} AS created_at FROM clean
    ), reasoned AS (
        SELECT * EXCLUDE (run_id, rating), run_id AS given_id, try({_RATING}::TINYINT) AS rating,
            row_number() OVER (PARTITION BY run_id ORDER BY position) AS nth_of_id,
            row_number() OVER (PARTITION BY {_CONTENT} ORDER BY position) AS nth_of_words,
            CASE
                WHEN fault IS NOT NULL THEN fault
                WHEN size > {MAX_JSON_BYTES} THEN '{TOO_LONG}'
                WHEN user_message IS NULL THEN 'no user_message'
                WHEN timestamp IS NULL THEN 'no timestamp'
                WHEN created_at IS NULL THEN 'unknown shape: timestamp'
                WHEN rating IS NOT NULL AND coalesce({_RATING} NOT IN (1, 2, 3, 4, 5), true)
                THEN 'rating is not a whole number from 1 to 5'
            END AS shape_reason
        FROM dated
    ), named AS (
        SELECT * EXCLUDE (agent_id, user_id, comment), coalesce(agent_id, '') AS agent_id, coalesce(user_id, '') AS user_id,
            coalesce(comment, '') AS comment, concat(session_id, chr(31), agent_id) AS thread,
            coalesce(shape_reason, CASE WHEN given_id IS NOT NULL AND nth_of_id > 1 THEN '{_REPEATED}' END) AS reason,
            coalesce(given_id, md5(concat_ws(chr(31), {_CONTENT}, nth_of_words))) AS run_id
        FROM reasoned
    )
    SELECT *, created_at IS NULL OR (created_at >= $start AND created_at < $end) AS in_window,
        row_number() OVER (PARTITION BY session_id, reason IS NULL ORDER BY created_at, position) - 1 AS nth
    FROM named WHERE $agent = '' OR agent_id IN ('', $agent)
"""

_ADD_TURNS = """
    INSERT INTO few_turns BY NAME
    SELECT run_id, coalesce(session_id, run_id) AS session_id, CASE WHEN session_id IS NULL THEN 0 ELSE nth END AS "index",
        created_at, user_message AS question, coalesce(agent_response, '') AS answer, user_id, agent_id, '' AS team_id,
        'COMPLETED' AS status, '[]' AS tool_calls, 0 AS cut_texts, hash('') AS system_key, '{}' AS session_state, '' AS model,
        0 AS input_tokens, 0 AS output_tokens, '' AS error, rating, comment, correction,
        CASE WHEN session_id IS NOT NULL THEN thread END AS thread, true AS sees_thread, true AS shown, in_window
    FROM judged
    WHERE reason IS NULL AND (in_window OR thread IN (SELECT thread FROM judged WHERE in_window AND session_id IS NOT NULL))
"""
_ADD_SYSTEM_MESSAGE = "INSERT INTO system_messages SELECT hash(''), ''"
_BAD_IDS = """
    CASE WHEN nth_of_id = 1 THEN coalesce(given_id, origin) ELSE origin END AS run_id,
    coalesce(session_id, '') AS session_id
"""
_ADD_BAD_TURNS = f"""
    INSERT INTO few_turns BY NAME
    SELECT {_BAD_IDS}, reason AS quarantine_reason, true AS in_window FROM judged WHERE reason IS NOT NULL AND in_window
"""
_ADD_QUARANTINE = f"""
    INSERT INTO quarantine BY NAME
    SELECT {_BAD_IDS}, reason, left(concat_ws(' | ', user_message, agent_response, timestamp), {EXCERPT_CHARS}) AS raw
    FROM judged WHERE reason IS NOT NULL AND in_window
"""
