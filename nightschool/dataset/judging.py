"""Turns as they are kept: each run once, its user hashed, joined with what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from nightschool.dataset.salt import hashed_user
from nightschool.feedback import FeedbackEntry
from nightschool.sources.tables import one

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A later row of the same run is the newer state of it: the last one counts.
_SUPERSEDED = """
CREATE TABLE superseded AS
SELECT turn FROM turns WHERE run_id <> '' QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY turn DESC) > 1
"""
_REPEATED = "SELECT count(run_id) > count(DISTINCT run_id) FROM turns WHERE run_id <> ''"

# Our own feedback counts before a rating of the run in the agent's memory, and this before one of the whole session.
_JUDGED = """
CREATE VIEW judged AS
SELECT turns.* REPLACE (
    CASE WHEN user_id = '' THEN '' ELSE users.hashed END AS user_id,
    coalesce(feedback.rating, turns.rating, sessions.rating) AS rating,
    CASE WHEN feedback.run_id IS NOT NULL THEN feedback.comment
        WHEN turns.rating IS NULL AND turns.comment = '' THEN coalesce(sessions.comment, '')
        ELSE turns.comment END AS comment,
    coalesce(feedback.correction, turns.correction) AS correction,
    coalesce(feedback.rated_at, turns.rated_at) AS rated_at
)
FROM {turns} AS turns
LEFT JOIN users USING (user_id)
LEFT JOIN feedback ON feedback.run_id = turns.run_id AND turns.quarantine_reason IS NULL
LEFT JOIN (
    SELECT session_id, any_value(rating) AS rating, any_value(comment) AS comment FROM session_ratings GROUP BY session_id
) AS sessions ON sessions.session_id = turns.session_id AND turns.quarantine_reason IS NULL
"""
_FEEDBACK_COLUMNS = {"run_id": "string", "rating": "Int64", "comment": "string", "correction": "string"}


def judge_turns(connection: DuckDBPyConnection, feedback: Mapping[str, FeedbackEntry], salt: str) -> None:
    """Make the view `judged` of the table `turns`: one row a run (`turn` numbers them), with users hashed and opinions joined."""
    repeated = one(connection, _REPEATED)
    if repeated:
        connection.execute(_SUPERSEDED)
    _make_users(connection, salt)
    _make_feedback(connection, feedback)
    connection.execute(_JUDGED.format(turns="(FROM turns ANTI JOIN superseded USING (turn))" if repeated else "turns"))


def _make_users(connection: DuckDBPyConnection, salt: str) -> None:
    import pandas as pd

    users = [user for (user,) in connection.execute("SELECT DISTINCT user_id FROM turns WHERE user_id <> ''").fetchall()]
    frame = pd.DataFrame({"user_id": users, "hashed": [hashed_user(user, salt) for user in users]}, dtype="string")
    _make_table(connection, "users", frame)


def _make_feedback(connection: DuckDBPyConnection, feedback: Mapping[str, FeedbackEntry]) -> None:
    import pandas as pd

    entries = list(feedback.values())
    columns = {
        name: pd.Series([getattr(entry, name) for entry in entries], dtype=kind) for name, kind in _FEEDBACK_COLUMNS.items()
    }
    moments = [entry.rated_at.astimezone(UTC).replace(tzinfo=None) for entry in entries]
    frame = pd.DataFrame(columns | {"rated_at": pd.Series(moments, dtype="datetime64[us]")})
    _make_table(connection, "feedback", frame)


def _make_table(connection: DuckDBPyConnection, name: str, frame: Any) -> None:
    connection.register("batch", frame)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM batch")
    connection.unregister("batch")
