"""The table of examples: `examples.parquet`, written from the kept turns and curated questions, read into three sets.

Columns are the fields of `Example`, with `set`, `cluster_id` and `examined` (a promotion has used its session); `history` and
`tool_calls` are JSON texts, `timestamp` is UTC without a zone.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightschool.artifacts import ArtifactRef, ArtifactStore
from nightschool.dataset.connection import open_memory, parquet, quoted
from nightschool.dataset.curated import choose_curated
from nightschool.dataset.labels import language
from nightschool.records import DataPolicy, Example, Splits

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

IN_ORDER = "ORDER BY set, example_id"
"""Examples in every file and in every set."""


def make_examples(connection: DuckDBPyConnection, policy: DataPolicy, examined: Collection[str] = ()) -> None:
    """From `kept` and `curated_allowed`, make the table `examples`.

    The expected answer is a correction, else the answer where it was rated `policy.min_rating` or better, else nothing.

    Args:
        connection: has the two tables.
        policy: holds `min_rating`.
        examined: sessions whose examples are marked as `examined`: a promotion has used them.
    """
    connection.execute("CREATE TABLE examined_sessions (session_id VARCHAR)")
    if examined:
        connection.execute("INSERT INTO examined_sessions SELECT unnest(?::VARCHAR[])", [sorted(examined)])
    choose_curated(connection, "FROM curated_allowed", policy)
    connection.execute(f"""
        CREATE TABLE examples AS
        SELECT example_id, set, session_id, run_id, user_id, question,
            CASE WHEN correction IS NOT NULL THEN correction WHEN well_rated THEN answer END AS expected_answer,
            CASE WHEN correction IS NOT NULL THEN 'correction' WHEN well_rated THEN 'rated' ELSE 'unlabelled' END AS origin,
            history, tool_calls, 'real_user_conversation' AS context, category, difficulty, language, requires_reasoning,
            []::VARCHAR[] AS reasoning_steps, false AS must_pass, rating AS user_rating, created_at AS timestamp,
            frequency, cluster_id, session_id IN (SELECT session_id FROM examined_sessions) AS examined
        FROM (SELECT *, coalesce(rating >= {policy.min_rating}, false) AND trim(answer) <> '' AS well_rated FROM kept)
        UNION ALL
        SELECT example_id, 'train', example_id, '', '', question, expected_answer, 'curated', '[]', '[]', context,
            coalesce(nullif(category, ''), {quoted(policy.task_type)}), difficulty, {language("question")},
            requires_reasoning, reasoning_steps, must_pass, NULL, NULL, 1, NULL, false
        FROM curated_used
    """)


EXAMPLES_QUERY = f"SELECT * FROM examples {IN_ORDER}"


def load_splits(store: ArtifactStore, examples: ArtifactRef) -> Splits:
    """The three sets, each in the order of the examples' ids.

    Raises:
        DataError: where the store no longer has the file.
    """
    return read_splits(store.path(examples))


def read_splits(path: Path) -> Splits:
    """The three sets of an `examples.parquet`, each in the order of the examples' ids."""
    sets: dict[str, list[Example]] = {"train": [], "validation": [], "held_out": []}
    with open_memory() as connection:
        cursor = connection.execute(f"SELECT * EXCLUDE (cluster_id, examined) FROM {parquet(path)} {IN_ORDER}")
        names = [column[0] for column in cursor.description]
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            sets[row.pop("set")].append(_example(row))
    return Splits(**{name: tuple(found) for name, found in sets.items()})


def _example(row: dict[str, Any]) -> Example:
    moment = row["timestamp"]
    read = {
        "history": json.loads(row["history"]),
        "tool_calls": json.loads(row["tool_calls"]),
        "timestamp": None if moment is None else moment.replace(tzinfo=UTC),
    }
    return Example.model_validate(row | read)
