"""A range of past run dates, each retrained as of then: Airflow's and Dagster's backfill, which Prefect has none of."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from dotenv import load_dotenv
from prefect import flow, runtime, tags
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed

from flows.cancelling import cancel_children
from flows.retrain import retrain
from flows.stopping import stopped_by_sigterm
from nightschool.errors import Busy, ConfigError, EndpointRefused
from nightschool.preflight.backfill import BackfillPlan
from nightschool.records import BackfillDate, EndState, Night
from nightschool.registry import PRODUCTION
from nightschool.registry.leases import lease
from nightschool.report.backfill import BackfillSummary
from nightschool.settings import Settings
from tasks.backfill_artifacts import show_plans, show_summary
from tasks.backfill_parameters import BackfillParameters
from tasks.backfilling import begin_date, begin_track, end_date, give_way, plan_backfill, purse_is_empty, summarise
from tasks.nominees import nominate_last, waits, why_not_at_once
from tasks.tags import OF_BACKFILL, ONLY_WHAT_WAITS

PLANNED, DONE, SOME_FAILED = "Planned", "Done", "SomeFailed"
HOPELESS = (ConfigError, EndpointRefused)
"""After these no later date fares better."""


def _run_name() -> str:
    parameters = runtime.flow_run.parameters["parameters"]
    targets = [parameters.night(target).settings().target for target in parameters.targets_or_default]
    return f"backfill-{'-'.join(targets).replace('/', '.')}-{parameters.start}-{parameters.end}"


@flow(name="backfill", flow_run_name=_run_name, persist_result=False, on_cancellation=[cancel_children])
async def backfill(parameters: BackfillParameters) -> State[Any]:
    """Retrain past run dates in order, each as of then, on a track of its own; production is not touched."""
    load_dotenv(".env")
    now = datetime.now(UTC)
    plans = [plan_backfill(parameters, target, now) for target in parameters.targets_or_default]
    await show_plans(plans)
    if parameters.dry_run:
        to_do = sum(len(plan.to_do) for plan in plans)
        return Completed(name=PLANNED, message=f"{to_do} dates to do; nothing was done")
    at_once = asyncio.Semaphore(parameters.night(plans[0].target).settings().backfill.targets_at_once)
    with stopped_by_sigterm():
        return _ended(list(await asyncio.gather(*(_one_target(plan, parameters, at_once) for plan in plans))))


async def _one_target(plan: BackfillPlan, parameters: BackfillParameters, at_once: asyncio.Semaphore) -> BackfillSummary:
    """The dates of a target in order, while no other run is at them; one that failed is reported."""
    settings = parameters.night(plan.target, track=plan.track).settings()
    url, waits = settings.database_url("registry"), settings.operations.when_busy == "wait"
    try:
        async with at_once, lease(url, plan.track, f"every date of {plan.target}", wait=waits, tell=get_run_logger().warning):
            note = await _dates(plan, parameters, settings)
    except Busy as other:
        note = other.message
    notes = [note] if note else []
    if parameters.promote_last:
        notes.append(await _promote_last(plan, parameters, settings))
    summary = summarise(settings, plan, notes)
    await show_summary(summary, settings.home)
    return summary


async def _dates(plan: BackfillPlan, parameters: BackfillParameters, settings: Settings) -> str:
    """Go through the dates that are to be done; returns why it ended early, in one sentence, or nothing."""
    begin_track(settings, plan)
    stops = (parameters.on_failure or settings.backfill.on_failure) == "stop"
    for planned in plan.to_do:
        night = Night(track=plan.track, target=plan.target, run_date=planned.run_date)
        if why := purse_is_empty(settings, night):
            return why
        await give_way(settings, get_run_logger().warning)
        ended, error = await _one_date(night, parameters, settings)
        if ended.has_failed and (stops or isinstance(error, HOPELESS)):
            return f"Stopped after {planned.run_date}, which failed; the same backfill goes on there."
    return ""


async def _one_date(
    night: Night, parameters: BackfillParameters, settings: Settings
) -> tuple[BackfillDate, BaseException | None]:
    """One night as of its date; what it came to, and what broke where something did."""
    begun = begin_date(settings, night)
    wanted = parameters.night(night.target, track=night.track, run_date=night.run_date)
    with tags(OF_BACKFILL):
        state: State[Any] = await retrain(wanted, return_state=True)
    error = None
    if state.name not in list(EndState):
        found = await state.aresult(raise_on_failure=False)
        error = found if isinstance(found, BaseException) else RuntimeError(state.message or state.name)
    return end_date(settings, begun, state.name or "", state.message or "", error), error


async def _promote_last(plan: BackfillPlan, parameters: BackfillParameters, settings: Settings) -> str:
    """Send the last date's prompt to production's ordinary gate, at once where it can be; says which, in one sentence."""
    if why_not := nominate_last(settings, plan, summarise(settings, plan)):
        return why_not
    night = Night(track=PRODUCTION, target=plan.target, run_date=settings.yesterday(datetime.now(UTC)))
    if later := why_not_at_once(settings, plan, night):
        return f"Its last prompt is production's next challenger, over the coming nights: {later}."
    wanted = parameters.night(plan.target, track=PRODUCTION, run_date=night.run_date, days=None)
    with tags(ONLY_WHAT_WAITS):
        state: State[Any] = await retrain(wanted, return_state=True)
    if waits(settings, plan):
        ended = f"the night of {night.run_date} could not examine it: {state.name}. {state.message}"
        return f"Its last prompt is production's next challenger, over the coming nights: {ended}"
    return f"Its last prompt went to production's gate at once, in the night of {night.run_date}: {state.name}. {state.message}"


def _ended(summaries: list[BackfillSummary]) -> State[Any]:
    """Failed where a date failed, so that it alerts."""
    message = "; ".join(" ".join((summary.sentence, *summary.notes)) for summary in summaries)
    if any(summary.failed for summary in summaries):
        return Failed(name=SOME_FAILED, message=message)
    return Completed(name=DONE, message=message)
