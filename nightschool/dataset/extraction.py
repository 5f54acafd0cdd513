"""From a source and the feedback to `turns.parquet`: what was said in the window, and what was thought of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice

from pydantic import Field

from nightschool.artifacts import ArtifactRef, ArtifactStore
from nightschool.dataset.connection import open_memory
from nightschool.dataset.salt import hashed_user
from nightschool.dataset.turns_table import TurnsTable
from nightschool.errors import DataError, NoData
from nightschool.feedback import FeedbackBook, FeedbackEntry
from nightschool.records import DataPolicy, Record, Turn, Window
from nightschool.sources import BadRow, ConversationSource, Holdings

_BATCH_ROWS = 2_000
_SHOWN = 8


class Extracted(Record):
    """What extraction gave. `turns` has a row for every row read; `quarantine` says more of those that were unreadable."""

    turns: ArtifactRef
    quarantine: ArtifactRef
    counts: Mapping[str, int] = Field(description="read = turns + quarantined; rated and corrected are parts of turns")
    reasons: Mapping[str, int] = Field(description="quarantined rows by reason")


def extract(
    source: ConversationSource,
    feedback: FeedbackBook,
    window: Window,
    *,
    as_of: datetime,
    salt: str,
    policy: DataPolicy,
    store: ArtifactStore,
) -> Extracted:
    """Read the window's turns, join what was said of them until `as_of` (aware), hash the users, and keep the table.

    Feedback of our own book counts before a rating in the agent's memory.

    Raises:
        NoData: where the window has no turn; says what the source does have.
        DataError: where more than `policy.max_quarantined_share` of the rows can't be read, or the source can't.
    """
    counts, reasons = Counter[str](turns=0, rated=0, corrected=0), Counter[str]()
    with open_memory() as connection:
        table = TurnsTable(connection)
        for batch in _batches(source.turns(window)):
            bad = [row for row in batch if isinstance(row, BadRow)]
            turns = _judged([row for row in batch if isinstance(row, Turn)], feedback, as_of, salt)
            table.add(turns, bad)
            counts.update(_counted(turns))
            reasons.update(row.reason for row in bad)
        _check(source, window, counts["turns"], reasons, policy)
        return Extracted(
            turns=store.write("turns", ".parquet", table.write_turns),
            quarantine=store.write("quarantine", ".parquet", table.write_quarantine),
            counts={"read": counts["turns"] + reasons.total(), **counts, "quarantined": reasons.total()},
            reasons=dict(sorted(reasons.items())),
        )


def _batches(rows: Iterator[Turn | BadRow]) -> Iterator[list[Turn | BadRow]]:
    while batch := list(islice(rows, _BATCH_ROWS)):
        yield batch


def _judged(turns: list[Turn], feedback: FeedbackBook, as_of: datetime, salt: str) -> list[Turn]:
    """The turns with what is known of them at `as_of`, their users hashed."""
    known = feedback.latest([turn.run_id for turn in turns], as_of=as_of)
    return [
        turn.model_copy(update={"user_id": hashed_user(turn.user_id, salt), **_opinion(known.get(turn.run_id))}) for turn in turns
    ]


def _opinion(entry: FeedbackEntry | None) -> dict[str, object]:
    if entry is None:
        return {}
    return {
        "rating": entry.rating,
        "comment": entry.comment,
        "correction": entry.correction,
        "rated_at": entry.rated_at,
    }


def _counted(turns: list[Turn]) -> dict[str, int]:
    return {
        "turns": len(turns),
        "rated": sum(turn.rating is not None for turn in turns),
        "corrected": sum(turn.correction is not None for turn in turns),
    }


def _check(source: ConversationSource, window: Window, turns: int, reasons: Counter[str], policy: DataPolicy) -> None:
    bad = reasons.total()
    if bad > policy.max_quarantined_share * (turns + bad):
        listed = ", ".join(f"{reason}: {number}" for reason, number in reasons.most_common(_SHOWN))
        raise DataError(
            f"{bad} of {turns + bad} rows of {source.description} can't be read, "
            f"more than the {policy.max_quarantined_share:.0%} that are allowed. {listed}.",
            next_step="Look at these rows; if they may be left out: NIGHTSCHOOL_DATA__MAX_QUARANTINED_SHARE=0.1 (or more).",
        )
    if turns == 0:
        raise _no_turns(source, window)


def _no_turns(source: ConversationSource, window: Window) -> NoData:
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
