"""Which prompt production really answered with: the system messages of fresh turns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nightschool.dataset.connection import open_memory, parquet
from nightschool.records import Record

SHOWN_CHARS = 80


class InForce(Record):
    """System messages of turns since a moment: how many there are, how many hold the prompt, and the commonest that does not."""

    turns: int = 0
    with_prompt: int = 0
    commonest_other: str = ""


def in_force(turns: Path, prompt: str, since: datetime | None = None) -> InForce:
    """Look for a prompt in the system messages of a night's turns; white space does not count.

    Agno adds to what its owner wrote, so that a message holds the prompt and more.

    Args:
        turns: the night's `turns.parquet`.
        prompt: what should be in force.
        since: turns before this moment (aware) are left out; None: none are.
    """
    wanted = " ".join(prompt.split())
    earliest = since.astimezone(UTC).replace(tzinfo=None) if since else datetime(1, 1, 1)  # noqa: DTZ001 - UTC without a zone
    with open_memory(threads=1) as connection:
        found = connection.execute(
            f"""
            SELECT system_message, count(*) AS turns FROM {parquet(turns)}
            WHERE created_at >= ? AND system_message <> '' AND quarantine_reason IS NULL
            GROUP BY system_message ORDER BY turns DESC, system_message
            """,
            [earliest],
        ).fetchall()
    others = [(message, number) for message, number in found if wanted not in " ".join(message.split())]
    total = sum(number for _, number in found)
    return InForce(
        turns=total,
        with_prompt=total - sum(number for _, number in others),
        commonest_other=" ".join(others[0][0].split())[:SHOWN_CHARS] if others else "",
    )
