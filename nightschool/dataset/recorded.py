"""A few answers that production really gave, scrubbed: what a judge can be tried on before a search is paid for."""

from __future__ import annotations

from pathlib import Path

from nightschool.dataset.connection import open_memory, parquet
from nightschool.dataset.scrubbing import Scrubber
from nightschool.records import Record


class RecordedAnswer(Record):
    """One answer, with the user's rating (1 to 5) where there is one."""

    question: str
    answer: str
    rating: int | None = None


def recorded_answers(turns: Path, scrubber: Scrubber, *, rated: int, unrated: int) -> tuple[RecordedAnswer, ...]:
    """The newest rated and the newest unrated answers to first questions, which need no history to be understood.

    Args:
        turns: the night's `turns.parquet`.
        scrubber: replaces personal data and secrets, as preparation does.
        rated: how many rated ones at most.
        unrated: how many others at most.
    """
    with open_memory(threads=1) as connection:
        found = connection.execute(
            f"""
            SELECT question, answer, rating FROM (
                SELECT question, answer, rating,
                    row_number() OVER (PARTITION BY rating IS NULL ORDER BY created_at DESC, run_id) AS place
                FROM {parquet(turns)}
                WHERE quarantine_reason IS NULL AND question <> '' AND answer <> '' AND "index" = 0
            )
            WHERE place <= CASE WHEN rating IS NULL THEN ? ELSE ? END
            ORDER BY rating IS NULL, place
            """,
            [unrated, rated],
        ).fetchall()
    return tuple(_scrubbed(scrubber, *row) for row in found)


def _scrubbed(scrubber: Scrubber, question: str, answer: str, rating: int | None) -> RecordedAnswer:
    (question, answer), _ = scrubber.scrub([question, answer])
    return RecordedAnswer(question=question, answer=answer, rating=rating)
