"""What became of each turn: the examples that are kept, and one row for every turn with the reason."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AUDIT_QUERY = 'SELECT run_id, session_id, outcome, reason, cluster_id, "set" FROM audit ORDER BY turn'
_SHOWN_CHARS = 80


def keep_apart(connection: DuckDBPyConnection) -> None:
    """Make `apart`: text_id, other (a text's id), both candidates of different sets and too alike; the first one goes.

    Questions of the ledger stay, then those of curated files, then the earlier ones: each goes only for one that stays.
    """
    connection.execute("""
        CREATE TABLE candidates AS
        SELECT text_id, cluster, set, row_number() OVER (ORDER BY place, turn, text_id) AS place FROM (
            SELECT s.text_id, s.cluster, a.set, CASE WHEN k.set IS NOT NULL THEN 0 ELSE 2 END AS place, s.turn
            FROM standing s JOIN assigned a USING (unit) LEFT JOIN known_questions k USING (question_key)
            WHERE coalesce(s.demanded = a.set, true)
            UNION ALL
            SELECT t.id, t.cluster, 'train', 1, 0 FROM curated_allowed JOIN texts t USING (question_key)
            WHERE t.id NOT IN (SELECT text_id FROM standing)
        )
    """)
    pairs = connection.execute("""
        SELECT later.text_id, earlier.text_id
        FROM near n JOIN candidates later ON later.cluster = n.cluster JOIN candidates earlier ON earlier.cluster = n.other
        WHERE earlier.place < later.place AND earlier.set <> later.set
        ORDER BY later.place, earlier.place
    """).fetchall()
    earlier_of: dict[int, list[int]] = defaultdict(list)
    for later, earlier in pairs:
        earlier_of[later].append(earlier)
    gone: dict[int, int] = {}
    for later, rivals in earlier_of.items():
        standing = next((rival for rival in rivals if rival not in gone), None)
        if standing is not None:
            gone[later] = standing
    # As two lists: row by row, an INSERT takes half a millisecond each.
    connection.execute(
        "CREATE TABLE apart AS SELECT unnest(?::BIGINT[]) AS text_id, unnest(?::BIGINT[]) AS other", [[*gone], [*gone.values()]]
    )


def make_kept(connection: DuckDBPyConnection) -> None:
    """Make `kept`: the turns that become examples, with set and cluster_id, and `cluster_names` (cluster, cluster_id).

    A cluster is named by the question of the ledger that claims it, so that it keeps its name; else by its canonical one.
    Follow-ups in the same words after different questions are different questions, and stand in one set all the same.
    """
    connection.execute("""
        CREATE TABLE homes AS
        WITH known_words AS (
            SELECT words_key, arg_min(set, (coalesce(first_seen, 'infinity'), question_key)) AS set
            FROM ledger SEMI JOIN standing USING (words_key) GROUP BY words_key
        )
        SELECT s.words_key, coalesce(any_value(k.set), arg_min(a.set, s.turn)) AS set
        FROM standing s JOIN assigned a USING (unit) LEFT JOIN known_words k USING (words_key)
        WHERE coalesce(s.demanded = a.set, true) AND s.text_id NOT IN (SELECT text_id FROM apart)
        GROUP BY s.words_key
    """)
    connection.execute("""
        CREATE TABLE cluster_names AS
        SELECT r.cluster, left(coalesce(c.claimed_by, t.question_key), 16) AS cluster_id
        FROM ranked r JOIN texts t ON t.id = r.text_id LEFT JOIN claims c ON c.cluster = r.cluster WHERE r.rank = 1
    """)
    connection.execute("""
        CREATE TABLE kept AS
        SELECT s.*, a.set, a.sequence, a.stratum, n.cluster_id
        FROM standing s JOIN assigned a USING (unit) JOIN cluster_names n USING (cluster) JOIN homes h USING (words_key)
        LEFT JOIN known_questions k USING (question_key)
        WHERE coalesce(s.demanded = a.set, true) AND s.text_id NOT IN (SELECT text_id FROM apart)
            AND (h.set = a.set OR k.set IS NOT NULL)
    """)


def make_audit(connection: DuckDBPyConnection) -> None:
    """Make `audit`: turn, run_id, session_id, outcome, reason, cluster_id and set of every turn that was read."""
    connection.execute(f"""
        CREATE TABLE audit AS
        SELECT turn, run_id, session_id, 'quarantined' AS outcome, quarantine_reason AS reason,
            NULL::VARCHAR AS cluster_id, NULL::VARCHAR AS set
        FROM set_aside WHERE quarantine_reason IS NOT NULL
        UNION ALL
        SELECT turn, run_id, session_id, 'noise', noise, NULL, NULL FROM set_aside WHERE noise IS NOT NULL
        UNION ALL
        SELECT r.turn, r.run_id, r.session_id,
            CASE WHEN r.rank > 1 THEN CASE WHEN r.text_id = first.text_id THEN 'duplicate' ELSE 'near_duplicate' END
                WHEN k.turn IS NULL THEN 'excluded' ELSE 'kept' END,
            CASE WHEN r.rank > 1 AND r.text_id = first.text_id THEN 'the same question as run ' || first.run_id
                WHEN r.rank > 1 THEN 'the question of run ' || first.run_id || ' in other words: ' || {_shown("own.text")}
                    || ' for ' || {_shown("first.text")}
                WHEN k.turn IS NULL THEN {_why_excluded("r")} ELSE '' END,
            n.cluster_id, k.set
        FROM ranked r
        JOIN texts own ON own.id = r.text_id
        JOIN (
            SELECT r.cluster, r.run_id, r.text_id, t.text FROM ranked r JOIN texts t ON t.id = r.text_id WHERE rank = 1
        ) AS first ON first.cluster = r.cluster
        JOIN cluster_names n ON n.cluster = r.cluster
        LEFT JOIN kept k ON k.turn = r.turn
        LEFT JOIN apart x ON x.text_id = r.text_id
        LEFT JOIN texts other ON other.id = x.other
        LEFT JOIN assigned a ON a.unit = r.unit
    """)


def _why_excluded(turn: str) -> str:
    return f"""CASE
        WHEN {turn}.demands > 1 THEN 'too like questions of more than one set'
        WHEN {turn}.demanded <> coalesce({turn}.unit_set, a.set)
            THEN 'its question belongs to the ' || {turn}.demanded || ' set, its session to another'
        WHEN x.other IS NULL THEN 'a follow-up in the words of one of another set'
        ELSE 'too like a question of another set: ' || {_shown("other.text")} END"""


def _shown(text: str) -> str:
    return f"'“' || left({text}, {_SHOWN_CHARS}) || '”'"
