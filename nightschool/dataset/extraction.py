"""From a source and the feedback to `turns.parquet`: what was said in the window, and what was thought of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import Field

from nightschool.artifacts import ArtifactRef, ArtifactStore
from nightschool.dataset.connection import open_memory
from nightschool.dataset.judging import judge_turns
from nightschool.dataset.turns_table import write_quarantine, write_turns
from nightschool.errors import DataError, NoData
from nightschool.feedback import FeedbackBook
from nightschool.records import DataPolicy, Record, SourcePolicy, Turn, Window
from nightschool.sources import BadRow, ColumnarSource, ConversationSource, Holdings, Source
from nightschool.sources.tables import add_bad_rows, add_turns, create_tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BATCH_ROWS = 2_000
_SHOWN = 8
# What does not fit goes to a temporary folder; with Python's own and a page of runs this stays under 1 GB.
_MEMORY_LIMIT_MB = 500


class Extracted(Record):
    """What extraction gave. `turns` has a row for every row read; `quarantine` says more of those that were unreadable."""

    turns: ArtifactRef
    quarantine: ArtifactRef
    counts: Mapping[str, int] = Field(
        description="read = turns + quarantined; rated and corrected are parts of turns; "
        "cut_texts: tools' arguments and results that were shortened"
    )
    reasons: Mapping[str, int] = Field(description="quarantined rows by reason")


def extract(
    source: ColumnarSource | ConversationSource,
    feedback: FeedbackBook,
    window: Window,
    *,
    as_of: datetime,
    salt: str,
    policy: DataPolicy,
    store: ArtifactStore,
    reading: SourcePolicy | None = None,
) -> Extracted:
    """Read the window's turns, join what was said of them until `as_of` (aware), hash the users, and keep the table.

    Feedback of our own book counts before a rating in the agent's memory. Where a run was met twice, the last one counts.

    Raises:
        NoData: where the window has no turn; says what the source does have.
        DataError: where more than `policy.max_quarantined_share` of the rows can't be read, or the source can't.
    """
    history_runs = (reading or SourcePolicy()).history_runs
    # The file is read page after page: a second thread would have little to do, and asking it costs a fifth more.
    with open_memory(threads=1, memory_limit_mb=_MEMORY_LIMIT_MB) as connection:
        create_tables(connection)
        fill(connection, source, window)
        judge_turns(connection, feedback.latest(as_of=as_of), salt)
        counts, reasons = _counted(connection), _reasons(connection)
        _check(source, window, counts["turns"], reasons, policy, as_of)
        return Extracted(
            turns=store.write("turns", ".parquet", partial(write_turns, connection, history_runs=history_runs)),
            quarantine=store.write("quarantine", ".parquet", partial(write_quarantine, connection)),
            counts=counts,
            reasons=dict(sorted(reasons.items())),
        )


def fill(connection: DuckDBPyConnection, source: ColumnarSource | ConversationSource, window: Window) -> None:
    """Fill the tables of `nightschool.sources.tables` from a source of either kind."""
    if isinstance(source, ColumnarSource):
        source.load(connection, window)
        return
    for batch in _batches(source.turns(window)):
        add_turns(connection, [row for row in batch if isinstance(row, Turn)])
        add_bad_rows(connection, [row for row in batch if isinstance(row, BadRow)])


def _batches(rows: Iterator[Turn | BadRow]) -> Iterator[list[Turn | BadRow]]:
    while batch := list(islice(rows, _BATCH_ROWS)):
        yield batch


def _counted(connection: DuckDBPyConnection) -> dict[str, int]:
    names = ("read", "turns", "rated", "corrected", "quarantined", "cut_texts")
    found = connection.execute("""
        SELECT count(*), count(*) - count(quarantine_reason), count(rating), count(correction), count(quarantine_reason),
            coalesce(sum(cut_texts), 0)::BIGINT
        FROM judged WHERE in_window
    """).fetchone()
    assert found is not None
    return dict(zip(names, found, strict=True))


def _reasons(connection: DuckDBPyConnection) -> Counter[str]:
    query = "SELECT quarantine_reason, count(*) FROM judged WHERE quarantine_reason IS NOT NULL GROUP BY ALL"
    return Counter(dict(connection.execute(query).fetchall()))


def _check(source: Source, window: Window, turns: int, reasons: Counter[str], policy: DataPolicy, as_of: datetime) -> None:
    bad = reasons.total()
    if bad > policy.max_quarantined_share * (turns + bad):
        listed = ", ".join(f"{reason}: {number}" for reason, number in reasons.most_common(_SHOWN))
        raise DataError(
            f"{bad} of {turns + bad} rows of {source.description} can't be read, "
            f"more than the {policy.max_quarantined_share:.0%} that are allowed. {listed}.",
            next_step="Look at these rows; if they may be left out: NIGHTSCHOOL_DATA__MAX_QUARANTINED_SHARE=0.1 (or more).",
        )
    if turns == 0:
        raise _in_the_future(source, window, as_of) if window.start >= as_of else _no_turns(source, window)


def _in_the_future(source: Source, window: Window, as_of: datetime) -> NoData:
    return NoData(
        f"The window begins at {window.start:%Y-%m-%d %H:%M} UTC, which is still to come (it is {as_of:%Y-%m-%d %H:%M}): "
        f"{source.description} has no turn of it.",
        next_step="Choose days that are past (--run-date YYYY-MM-DD), or set this machine's clock.",
    )


def _no_turns(source: Source, window: Window) -> NoData:
    found = source.holdings()
    return NoData(
        f"{source.description} has no turn between {window.start:%Y-%m-%d %H:%M} and {window.end:%Y-%m-%d %H:%M} UTC.\n"
        f"{_described(found)}",
        next_step=_other_window(found, window),
    )


def _described(found: Holdings) -> str:
    if found.first is None or found.last is None:
        return "It has no turn at all."
    agents = ", ".join(found.agent_ids[:_SHOWN]) or "none is named"
    return f"It has {found.turns} turns from {found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}; agents: {agents}."


def _other_window(found: Holdings, window: Window) -> str:
    if found.first is None or found.last is None:
        return "Let the agent answer with this database first (Agent(db=…)), or give another one: --agent-db PATH"
    if found.first < window.end and found.last >= window.start:
        return "Choose one of these agents (--agent-id ID), or other days: --run-date YYYY-MM-DD --days N"
    return f"Choose days that have turns: --run-date {found.last:%Y-%m-%d}"
