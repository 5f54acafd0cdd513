"""What is told of nights and promotions: events, left in the registry's outbox and raised in Prefect from there.

The outbox is filled by nights and by commands alike, and emptied by whoever comes next: the night itself, `make up`, the
next run. Which events reach a person, and by which channel, is decided by the rules of `deployments/automations.yaml`;
whether one is worth an alert at all by its label `nightschool.alert`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import httpx

from nightschool.errors import BudgetExhausted, NightschoolError, PromotionError
from nightschool.records import BACKFILL, EndState, Night
from nightschool.registry import OutboxItem, Registry
from nightschool.settings import Settings
from tasks.links import links_of
from tasks.tags import tag_run
from tasks.workshop import registry

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State
    from prefect.events import Event

logger = logging.getLogger(__name__)

NAMESPACE = UUID("6d0d2a39-51f2-4e0e-8d0a-0f7f3a4a6c11")
RUN_AGAIN = "python -m flows retrain --target {target} --run-date {run_date}"
ENDS = {
    EndState.REJECTED: ("nightschool.promotion.rejected", "nightschool history --target {target} --all"),
    EndState.UNDECIDED: ("nightschool.promotion.undecided", ""),
    EndState.HELD: ("nightschool.promotion.held", "nightschool approve --target {target}, or nightschool decline"),
    EndState.INVALID: ("nightschool.promotion.invalid", "nightschool doctor"),
    EndState.NO_DATA: ("nightschool.night.no_data", ""),
}
"""The event of each end of a night, and what to type next; a promotion's is left by the move itself."""
QUIET = (EndState.REJECTED, EndState.HELD)
ALWAYS_TOLD = ("nightschool.promotion.invalid", "nightschool.promotion.rolled_back")
EXHAUSTED = "nightschool.budget.exhausted"
RAISE_BUDGET = "Raise budget.max_cost_usd, max_calls or max_tokens, or leave it: the next night has its own."
WENT_WRONG = ((PromotionError, "nightschool.promotion.failed"), (BudgetExhausted, EXHAUSTED))


@contextlib.asynccontextmanager
async def telling(settings: Settings, night: Night) -> AsyncIterator[None]:
    """Leave and raise the events of a night that breaks in this block; the error goes on."""
    try:
        yield
    except NightschoolError as error:
        await _tell_failure(settings, night, error)
        raise
    except Exception as error:
        await _tell_failure(settings, night, NightschoolError(f"{type(error).__name__}: {error}"))
        raise


async def tell_end(settings: Settings, night: Night, ended: State[Any]) -> None:
    """Leave and raise the event of a night that ended in order."""
    known = {end.value: event for end, event in ENDS.items()}
    if ended.name in known:
        event, step = known[ended.name]
        with registry(settings) as book:
            told = _is_told(book, settings, night, EndState(ended.name))
            _leave(book, night, event, ended.message or "", _about(night, step), told=told)
    await raise_events(settings)


def tell_purse(settings: Settings, night: Night, stopped: str) -> None:
    """Leave the event of a search that ended because its purse was empty; the night itself went on with what it had."""
    if stopped.startswith(BudgetExhausted.__name__):
        with registry(settings) as book:
            _leave(book, night, EXHAUSTED, stopped.partition(": ")[2], RAISE_BUDGET, told=False)


async def raise_events(settings: Settings) -> int:
    """Raise what waits in the outbox; returns how many. What can't be raised now waits for whoever comes next."""
    from prefect.settings import get_current_settings
    from websockets.exceptions import WebSocketException

    with registry(settings) as book:
        waiting = book.pending("event")
        if not waiting or not get_current_settings().api.url:
            return 0
        try:
            await _send([_as_event(item, book, settings) for item in waiting])
        except (OSError, WebSocketException) as error:
            logger.warning("%d events could not be raised (%s); they wait in the outbox.", len(waiting), error)
            return 0
        for item in waiting:
            book.mark_done(item.id)
        return len(waiting)


def raise_events_now(settings: Settings) -> int:
    """`raise_events`, where no event loop runs."""
    return asyncio.run(raise_events(settings))


async def _send(events: Sequence[Event]) -> None:
    from prefect.events.clients import get_events_client

    # Each is confirmed: an event that is marked as done must have arrived.
    async with get_events_client(checkpoint_every=1) as client:
        for event in events:
            await client.emit(event)


def _as_event(item: OutboxItem, book: Registry, settings: Settings) -> Event:
    from prefect.events import Event, Resource

    run_date = item.payload.get("run_date") or str(settings.yesterday(item.created_at) + timedelta(days=1))
    known = {"sentence": item.payload.get("reason", ""), "next": "nightschool history --target " + item.target}
    payload = known | item.payload | {"run_date": run_date, "links": links_of(item, book, settings)}
    name = payload["event"]
    told = payload.get("told", name in ALWAYS_TOLD) and item.track == settings.track
    told = told and not item.track.startswith(BACKFILL)  # a range of dates is told once, by its own run's end
    resource = {
        "prefect.resource.id": f"nightschool.{item.track}.{item.target.replace('/', '.')}",
        "prefect.resource.name": item.target,
        "nightschool.key": payload.get("key", f"{item.track}/{item.target}/{item.id}"),
        "nightschool.run-date": run_date,
        "nightschool.alert": "yes" if told else "no",
    }
    # The same item raised twice, because somebody was killed between raising and marking, is the same event.
    event_id = uuid5(NAMESPACE, f"{settings.database_url('registry')} {item.id}")
    return Event(event=name, occurred=item.created_at, resource=Resource(resource), payload=payload, id=event_id)


async def _tell_failure(settings: Settings, night: Night, error: NightschoolError) -> None:
    _leave_failure(settings, night, error)
    await raise_events(settings)
    with contextlib.suppress(httpx.HTTPError):  # what broke the night is what is to be seen
        await tag_run(night)


def _leave_failure(settings: Settings, night: Night, error: NightschoolError) -> None:
    """Two events: what failed, and that the night did. The failed run itself is what is told, so these are not."""
    step = error.next_step or _about(night, RUN_AGAIN)
    with registry(settings) as book:
        for kind, event in WENT_WRONG:
            if isinstance(error, kind):
                _leave(book, night, event, error.message, step, told=False)
        _leave(book, night, "nightschool.night.failed", error.message, step, told=False)


def _leave(book: Registry, night: Night, event: str, sentence: str, step: str, *, told: bool) -> None:
    run_date = night.run_date.isoformat()
    payload = {
        "run_date": run_date,
        "sentence": sentence,
        "next": step,
        "run": _run_url(),
        "told": told,
    }
    book.put_event(night.track, night.target, event, payload, once=run_date)


def _about(night: Night, command: str) -> str:
    return command.format(target=night.target, run_date=night.run_date.isoformat())


def _run_url() -> str:
    from prefect import runtime

    return runtime.flow_run.ui_url or ""


def _is_told(book: Registry, settings: Settings, night: Night, end: EndState) -> bool:
    """Whether a person shall hear of this end: a rejected or held challenger as often as the settings say."""
    if end not in QUIET:
        return end is EndState.INVALID
    policy = settings.alerts
    if policy.quiet_nights != "in_a_row":
        return policy.quiet_nights == "every"
    in_a_row = quiet_in_a_row([stored.verdict.decision for stored in book.verdicts(night.track, night.target)])
    return in_a_row > 0 and in_a_row % policy.in_a_row == 0


def quiet_in_a_row(decisions: Sequence[str]) -> int:
    """How many of the last decisions (oldest first) were rejections or holds, without another one between."""
    count = 0
    for decision in reversed(decisions):
        if decision not in ("reject", "hold"):
            break
        count += 1
    return count
