"""The split into train, validation and held-out: by session (or user), and for life.

A cluster's canonical turn decides, and its session is the unit. A session keeps its set for ever, and so does a question:
when the turn that once stood for it has left the window, a session that brings it again inherits its set. New units are
numbered within their stratum (category, difficulty, language), and the number decides. What is too like a question of
another set stands in none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.dataset.connection import quoted
from nightschool.records import DataPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SMALL_SITE_HELD_OUT = 0.5

# Multiples of the golden ratio's fraction fill [0, 1) evenly from the first few on (a low-discrepancy sequence), so that
# each share holds to about one unit in each stratum, however few there are. Each stratum begins at a point of its own:
# with a common one the first units of many small strata would all fall into the same set.
_GOLDEN = 0.6180339887498949
_POINTS = 1_000_003


def choose_canonicals(connection: DuckDBPyConnection, policy: DataPolicy) -> None:
    """From `questions`, `texts`, `claims` and `demands` make `ranked`: each turn with its text's id and its rank in its cluster.

    Rank 1 stands for the cluster: first one that may (its likes and its session all have one set), then corrected, then best
    rated, then earliest. `standing` holds those of rank 1 that may stand, with their texts from `turns`.
    """
    _make_known_units(connection, policy)
    connection.execute(f"""
        CREATE TABLE ranked AS
        SELECT * EXCLUDE (is_corrected, rating), count(*) OVER (PARTITION BY cluster) AS frequency,
            row_number() OVER (
                PARTITION BY cluster ORDER BY may_stand DESC, is_corrected DESC, rating DESC NULLS LAST, turn
            ) AS rank
        FROM (
            SELECT q.turn, q.run_id, q.session_id, q.correction IS NOT NULL AS is_corrected, q.rating,
                {_unit_of("q", policy)} AS unit, t.id AS text_id, t.cluster, d.set AS demanded, d.sets AS demands,
                coalesce(s.set, u.set) AS unit_set,
                coalesce(d.sets <= 1, true) AND coalesce(d.set = coalesce(s.set, u.set), true) AS may_stand
            FROM questions q
            JOIN texts t USING (question_key)
            LEFT JOIN demands d ON d.id = t.id
            LEFT JOIN known_sessions s ON s.session_id = q.session_id
            LEFT JOIN known_units u ON u.unit = {_unit_of("q", policy)}
        )
    """)
    connection.execute("""
        CREATE TABLE standing AS
        SELECT r.*, q.* EXCLUDE (turn, run_id, session_id, key_text), t.question, t.answer, t.history, t.tool_calls
        FROM ranked r JOIN questions q USING (turn) JOIN turns t USING (turn)
        WHERE r.rank = 1 AND r.may_stand
    """)


def assign_sets(connection: DuckDBPyConnection, policy: DataPolicy, *, small: bool) -> None:
    """From `standing` (with its labels) make `assigned`: unit, set, sequence and stratum of every unit that has an example.

    A new unit with a demanded set inherits it (that of its earliest such turn); the others are numbered in the order of their
    digests, on from the ledger's last number in their stratum. On a small site half of them are held out.
    """
    held_out = max(policy.held_out_share, SMALL_SITE_HELD_OUT) if small else policy.held_out_share
    connection.execute(f"""
        CREATE TABLE assigned AS
        WITH units AS (
            SELECT unit, any_value(unit_set) AS known, arg_min(demanded, turn) FILTER (demanded IS NOT NULL) AS inherited,
                arg_min(concat_ws(' · ', category, difficulty, language), turn) AS stratum
            FROM standing GROUP BY unit
        ),
        last AS (SELECT stratum, max(sequence) AS sequence FROM ledger WHERE stratum IS NOT NULL GROUP BY stratum),
        numbered AS (
            SELECT unit, stratum,
                coalesce(last.sequence + 1, 0) + row_number() OVER (PARTITION BY stratum ORDER BY md5(unit), unit) - 1 AS sequence
            FROM units LEFT JOIN last USING (stratum) WHERE known IS NULL AND inherited IS NULL
        )
        SELECT unit, coalesce(known, inherited) AS set, NULL::BIGINT AS sequence, NULL::VARCHAR AS stratum
        FROM units WHERE known IS NOT NULL OR inherited IS NOT NULL
        UNION ALL
        SELECT unit, {_set_of("stratum", "sequence", policy, held_out)}, sequence, stratum FROM numbered
    """)


def is_small(connection: DuckDBPyConnection, policy: DataPolicy) -> bool:
    """Whether the site has had fewer real examples than `policy.small_site`, those of `standing` among them.

    All that the ledger knows counts, and not this window alone: a site that has outgrown it does not fall back.
    """
    row = connection.execute("""
        SELECT count(DISTINCT question_key) FROM (
            SELECT question_key FROM ledger WHERE first_seen IS NOT NULL UNION ALL SELECT question_key FROM standing
        )
    """).fetchone()
    assert row is not None
    return bool(row[0] < policy.small_site)


def _make_known_units(connection: DuckDBPyConnection, policy: DataPolicy) -> None:
    """Make `known_sessions` and `known_units`; of a user whose sessions were split before users were, the earliest's set."""
    connection.execute("""
        CREATE TABLE known_sessions AS SELECT session_id, any_value(set) AS set FROM ledger GROUP BY session_id
    """)
    if policy.split_by == "session":
        connection.execute("CREATE VIEW known_units AS SELECT session_id AS unit, set FROM known_sessions")
        return
    connection.execute(f"""
        CREATE TABLE known_units AS
        SELECT DISTINCT ON (unit) unit, set FROM (SELECT {_unit_of("ledger", policy)} AS unit, * FROM ledger)
        ORDER BY unit, first_seen NULLS LAST, session_id
    """)


def _unit_of(table: str, policy: DataPolicy) -> str:
    session = f"{table}.session_id"
    return session if policy.split_by == "session" else f"coalesce(nullif({table}.user_id, ''), {session})"


def _set_of(stratum: str, sequence: str, policy: DataPolicy, held_out: float) -> str:
    validation = held_out + (1 - held_out) * policy.validation_share
    start = f"(md5_number_lower({stratum}) % {_POINTS})::DOUBLE / {_POINTS}"
    point = f"(({start} + {sequence} * {_GOLDEN}::DOUBLE) % 1)"
    sets = {"held_out": held_out, "validation": validation}
    branches = " ".join(f"WHEN {point} < {bound!r}::DOUBLE THEN {quoted(name)}" for name, bound in sets.items())
    return f"CASE {branches} ELSE 'train' END"
