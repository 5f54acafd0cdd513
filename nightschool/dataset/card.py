"""The data card: counts at every step that add up, reasons, and what the sets are made of."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from nightschool.records import DataPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OUTCOMES = ("kept", "noise", "duplicate", "near_duplicate", "excluded", "quarantined")
SETS = ("train", "validation", "held_out")
_DISTRIBUTIONS = ("origin", "category", "difficulty", "language")


def counts_of(connection: DuckDBPyConnection) -> dict[str, int]:
    """From `audit` and `examples`: `read` is the sum of the outcomes, `kept` and `curated` together are the three sets."""
    outcomes = dict(connection.execute("SELECT outcome, count(*) FROM audit GROUP BY outcome").fetchall())
    sizes = dict(connection.execute("SELECT set, count(*) FROM examples GROUP BY set").fetchall())
    curated = connection.execute("SELECT count(*) FROM examples WHERE origin = 'curated'").fetchone()
    assert curated is not None
    counts = {"read": sum(outcomes.values())} | {name: outcomes.get(name, 0) for name in OUTCOMES}
    return counts | {"curated": curated[0]} | {name: sizes.get(name, 0) for name in SETS}


def card_of(connection: DuckDBPyConnection, policy: DataPolicy, digests: dict[str, str]) -> dict[str, Any]:
    """The card as plain JSON values, from the tables `audit`, `examples`, `curated` and `ledger`."""
    import duckdb

    counts = counts_of(connection)
    return {
        "schema_version": 1,
        "turns": {"read": counts["read"]} | {outcome: counts[outcome] for outcome in OUTCOMES},
        "reasons": _reasons(connection),
        "curated": {"given": _number(connection, "SELECT count(*) FROM curated"), "used": counts["curated"]},
        "sets": {name: _set_figures(connection, name) for name in SETS},
        "sessions_known_before": _number(
            connection, "SELECT count(DISTINCT session_id) FROM ledger WHERE first_seen IS NOT NULL"
        ),
        "policy": policy.model_dump(mode="json"),
        "digests": digests,
        "duckdb": duckdb.__version__,
    }


def _reasons(connection: DuckDBPyConnection) -> dict[str, dict[str, int]]:
    # A duplicate's reason names the turn that stands for it: one reason a question, so only their number is told.
    query = """
        SELECT outcome, reason, count(*) FROM audit
        WHERE outcome IN ('noise', 'excluded', 'quarantined') GROUP BY outcome, reason ORDER BY outcome, reason
    """
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for outcome, reason, number in connection.execute(query).fetchall():
        found[outcome][reason] = number
    return dict(found)


def _set_figures(connection: DuckDBPyConnection, name: str) -> dict[str, Any]:
    """One set: examples, sessions, the turns that its real examples stand for, and how its examples are distributed."""
    total = "SELECT count(*), count(DISTINCT session_id), coalesce(sum(frequency) FILTER (origin <> 'curated'), 0)"
    row = connection.execute(f"{total} FROM examples WHERE set = ?", [name]).fetchone()
    assert row is not None
    figures: dict[str, Any] = {"examples": row[0], "sessions": row[1], "traffic_turns": int(row[2])}
    for column in _DISTRIBUTIONS:
        query = f"SELECT {column}, count(*) FROM examples WHERE set = ? GROUP BY {column} ORDER BY {column}"
        figures[column] = dict(connection.execute(query, [name]).fetchall())
    return figures


def _number(connection: DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
