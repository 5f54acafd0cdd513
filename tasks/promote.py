"""Promote: keep the verdict, move the incumbent where it won, publish."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import task

from nightschool.errors import IncumbentMoved
from nightschool.gate import unit_name
from nightschool.publishing import publish_owed
from nightschool.records import Candidate, EndState, Lineage, Night, Pair, VerdictDecision, version_of
from nightschool.registry import Registry
from nightschool.settings import Settings
from tasks.caching import is_worth_another_try
from tasks.gate import Judged
from tasks.nominees import send_again
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
    judged: Judged,
    pairs: Sequence[Pair],
    lineage: Lineage,
    *,
    settings: Settings,
) -> EndState:
    """Runs every time and changes nothing the second time: a night that died here is completed by the next.

    Raises:
        IncumbentMoved: where another promotion came between, be it this night's own with other settings; production stays
            as that one left it, and the next night judges a challenger that had won against what is served now.
    """
    with registry(settings) as book:
        if challenger is not None:
            _keep_and_move(book, night, version_of(incumbent), challenger, judged, pairs, lineage, settings)
        publish_owed(book, settings)
    return END_STATES[judged.verdict.decision]


def _keep_and_move(
    book: Registry,
    night: Night,
    incumbent: str,
    challenger: Candidate,
    judged: Judged,
    pairs: Sequence[Pair],
    lineage: Lineage,
    settings: Settings,
) -> None:
    kept = book.add_version(challenger.text, lineage)
    _require_no_other(book, night, kept.version)
    verdict = judged.verdict
    verdict_id = book.record_verdict(night, kept.version, incumbent, verdict, pairs, grounds=judged.grounds)
    if verdict.decision != "invalid":
        _keep_pairs(book, night, judged, pairs)
    if verdict.decision == "promote":
        try:
            book.promote(night, kept.version, incumbent, verdict_id, verdict.reason)
        except IncumbentMoved:
            send_again(settings, night, kept.version)
            raise
    elif judged.grounds.test_id:
        book.tests.settle(judged.grounds.test_id, night, _outcome(judged), verdict.reason)


def _keep_pairs(book: Registry, night: Night, judged: Judged, pairs: Sequence[Pair]) -> None:
    """Tonight's pairs count in the test from now on; those of a night whose numbers can't be trusted never do."""
    run_date, unit = night.run_date.isoformat(), judged.verdict.unit
    if judged.grounds.test_id:
        tonight = [(unit_name(pair, unit), pair) for pair in pairs if pair.night == run_date]
        book.tests.keep_pairs(judged.grounds.test_id, tonight)


def _outcome(judged: Judged) -> VerdictDecision:
    """What the verdict means for the test: a prompt that quotes the exam will do so tomorrow, other faults may be gone."""
    return "reject" if judged.grounds.health.quoted_examples else judged.verdict.decision


def _require_no_other(book: Registry, night: Night, challenger: str) -> None:
    """A night moves the incumbent once: its exam was against what was served when it began."""
    moves = [move for move in book.history(night.track, night.target) if move.run_date == night.run_date.isoformat()]
    other = next((move.version for move in moves if move.kind == "promotion" and move.version != challenger), None)
    if other is not None:
        raise IncumbentMoved(
            f"the night of {night.run_date} has promoted {other} already, and with these settings it found {challenger}",
            next_step="Nothing was changed. The next night (a later --run-date) starts from what is served now.",
        )
