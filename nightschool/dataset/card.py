"""The data card: counts at every step that add up, reasons, and what the sets are made of; as JSON values and as Markdown."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from nightschool.dataset.overlap import greatest_likenesses
from nightschool.dataset.replayable import replayable
from nightschool.records import DataPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from jinja2 import Template

OUTCOMES = ("kept", "noise", "duplicate", "near_duplicate", "excluded", "quarantined")
SETS = ("train", "validation", "held_out")
_DISTRIBUTIONS = ("origin", "category", "difficulty", "language")


def counts_of(connection: DuckDBPyConnection) -> dict[str, int]:
    """From `audit` and `examples`: `read` is the sum of the outcomes, `kept` and `curated` together are the three sets."""
    outcomes = dict(connection.execute("SELECT outcome, count(*) FROM audit GROUP BY outcome").fetchall())
    sizes = dict(connection.execute("SELECT set, count(*) FROM examples GROUP BY set").fetchall())
    curated = _row(connection, "SELECT count(*) FROM examples WHERE origin = 'curated'")[0]
    counts = {"read": sum(outcomes.values())} | {name: outcomes.get(name, 0) for name in OUTCOMES}
    return counts | {"curated": curated} | {name: sizes.get(name, 0) for name in SETS}


def card_of(connection: DuckDBPyConnection, policy: DataPolicy, *, small: bool, overlap_days: int) -> dict[str, Any]:
    """The card as plain JSON values, from the tables of a preparation; the files' digests are added when these are written."""
    import duckdb

    counts = counts_of(connection)
    return {
        "schema_version": 1,
        "turns": {"read": counts["read"]} | {outcome: counts[outcome] for outcome in OUTCOMES},
        "days": _days(connection) | {"read_again": overlap_days},
        "reasons": _reasons(connection),
        "scrubbed": _scrubbed(connection),
        "questions": _questions(connection),
        "curated": {"given": _row(connection, "SELECT count(*) FROM curated")[0], "used": counts["curated"]},
        "small_site": small,
        "sets": {name: _set_figures(connection, name) for name in SETS},
        "tools": replayable(connection),
        "held_out": _held_out(connection),
        "overlap": {
            "pairs_too_alike": _pairs_across(connection),
            "greatest_likeness": [one.model_dump(mode="json") for one in greatest_likenesses(connection)],
        },
        "sessions_known_before": _row(connection, "SELECT count(DISTINCT session_id) FROM ledger WHERE first_seen IS NOT NULL")[
            0
        ],
        "policy": policy.model_dump(mode="json"),
        "duckdb": duckdb.__version__,
    }


def card_as_markdown(card: dict[str, Any]) -> str:
    """The card as a page to read."""
    kinds = {kind: sorted({value for name in SETS for value in card["sets"][name][kind]}) for kind in _DISTRIBUTIONS}
    return _template().render(card=card, kinds=kinds)


@cache
def _template() -> Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nightschool.dataset"),
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown, not HTML: `cell` keeps untrusted text inside its place
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["cell"] = _cell
    return environment.get_template("card.md.jinja")


def _cell(text: object) -> str:
    """A text that ends neither its table cell nor its line, and opens no tag."""
    plain = " ".join(str(text).split()).replace("&", "&amp;").replace("<", "&lt;")
    return plain.replace("|", "\\|").replace("`", "'")


def _reasons(connection: DuckDBPyConnection) -> dict[str, dict[str, int]]:
    # A duplicate's reason names the turn that stands for it: one reason a question, so only their number is told.
    query = """
        SELECT outcome, split_part(reason, ':', 1) AS kind, count(*) FROM audit
        WHERE outcome IN ('noise', 'excluded', 'quarantined') GROUP BY outcome, kind ORDER BY outcome, kind
    """
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for outcome, reason, number in connection.execute(query).fetchall():
        found[outcome][reason] = number
    return dict(found)


def _days(connection: DuckDBPyConnection) -> dict[str, Any]:
    """The days (UTC) that have turns."""
    query = "SELECT count(DISTINCT created_at::DATE), min(created_at)::DATE, max(created_at)::DATE FROM moments"
    number, first, last = _row(connection, query)
    return {"with_turns": number, "first": first and first.isoformat(), "last": last and last.isoformat()}


def _scrubbed(connection: DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """By kind of personal data and secret: how many different values were replaced, and in how many texts."""
    rows = connection.execute('SELECT kind, "values", texts FROM scrubbed ORDER BY kind').fetchall()
    return {kind: {"values": values, "texts": texts} for kind, values, texts in rows}


def _questions(connection: DuckDBPyConnection) -> dict[str, int]:
    """Usable turns, their distinct questions, and the clusters of those."""
    row = _row(connection, "SELECT count(*), count(DISTINCT text_id), count(DISTINCT cluster) FROM ranked")
    return dict(zip(("turns", "distinct", "clusters"), row, strict=True))


def _set_figures(connection: DuckDBPyConnection, name: str) -> dict[str, Any]:
    """One set: examples, sessions, the turns that its real examples stand for, and how its examples are distributed."""
    total = "SELECT count(*), count(DISTINCT session_id), coalesce(sum(frequency) FILTER (origin <> 'curated'), 0)"
    row = _row(connection, f"{total} FROM examples WHERE set = ?", name)
    turns = _row(connection, "SELECT count(*) FROM ranked")[0]
    figures: dict[str, Any] = {
        "examples": row[0],
        "sessions": row[1],
        "traffic_turns": int(row[2]),
        "traffic_share": round(int(row[2]) / max(turns, 1), 4),
    }
    for column in _DISTRIBUTIONS:
        query = f"SELECT {column}, count(*) FROM examples WHERE set = ? GROUP BY {column} ORDER BY {column}"
        figures[column] = dict(connection.execute(query, [name]).fetchall())
    return figures


def _held_out(connection: DuckDBPyConnection) -> dict[str, Any]:
    """How many held-out sessions no promotion has used, and at which rate new ones come."""
    sessions, used, first, last = _row(
        connection,
        """
        SELECT count(DISTINCT session_id), count(DISTINCT session_id) FILTER (examined),
            (SELECT min(timestamp) FROM examples), (SELECT max(timestamp) FROM examples)
        FROM examples WHERE set = 'held_out'
        """,
    )
    days = (last.date() - first.date()).days + 1 if first and last else 0
    rate = round(sessions / days, 2) if days else 0.0
    return {"sessions": sessions, "used_by_promotions": used, "left": sessions - used, "days": days, "per_day": rate}


def _pairs_across(connection: DuckDBPyConnection) -> int:
    """Pairs of kept questions of different sets that are too alike; 0, or preparation is wrong."""
    query = """
        SELECT count(*) FROM near n JOIN kept a ON a.cluster = n.cluster JOIN kept b ON b.cluster = n.other WHERE a.set <> b.set
    """
    return int(_row(connection, query)[0])


def _row(connection: DuckDBPyConnection, query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, list(values)).fetchone()
    assert row is not None
    return tuple(row)
