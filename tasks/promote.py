"""Promote: keep the verdict, move the incumbent where it won, publish."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import task

from nightschool.errors import IncumbentMoved
from nightschool.publishing import publish_owed
from nightschool.records import Candidate, EndState, Lineage, Night, Pair, Verdict, version_of
from nightschool.registry import Registry
from nightschool.settings import Settings
from tasks.caching import is_worth_another_try
from tasks.workshop import registry

END_STATES = {
    "promote": EndState.PROMOTED,
    "reject": EndState.REJECTED,
    "undecided": EndState.UNDECIDED,
    "hold": EndState.HELD,
    "invalid": EndState.INVALID,
}


@task(name="promote", retries=2, retry_delay_seconds=5, retry_condition_fn=is_worth_another_try)
def promote(
    night: Night,
    incumbent: str,
    challenger: Candidate | None,
    verdict: Verdict,
    pairs: Sequence[Pair],
    lineage: Lineage,
    *,
    settings: Settings,
) -> EndState:
    """Runs every time and changes nothing the second time: a night that died here is completed by the next.

    Raises:
        IncumbentMoved: where another promotion came between, be it this night's own with other settings; production stays
            as that one left it.
    """
    with registry(settings) as book:
        if challenger is not None:
            _keep_and_move(book, night, version_of(incumbent), challenger, verdict, pairs, lineage)
        publish_owed(book, settings)
    return END_STATES[verdict.decision]


def _keep_and_move(
    book: Registry, night: Night, incumbent: str, challenger: Candidate, verdict: Verdict, pairs: Sequence[Pair], lineage: Lineage
) -> None:
    kept = book.add_version(challenger.text, lineage)
    _require_no_other(book, night, kept.version)
    verdict_id = book.record_verdict(night, kept.version, incumbent, verdict, pairs)
    if verdict.decision == "promote":
        book.promote(night, kept.version, incumbent, verdict_id, verdict.reason)


def _require_no_other(book: Registry, night: Night, challenger: str) -> None:
    """A night moves the incumbent once: its exam was against what was served when it began."""
    moves = [move for move in book.history(night.track, night.target) if move.run_date == night.run_date.isoformat()]
    other = next((move.version for move in moves if move.kind == "promotion" and move.version != challenger), None)
    if other is not None:
        raise IncumbentMoved(
            f"the night of {night.run_date} has promoted {other} already, and with these settings it found {challenger}",
            next_step="Nothing was changed. The next night (a later --run-date) starts from what is served now.",
        )
