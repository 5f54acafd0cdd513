"""The night as a Prefect flow: extract → prepare → train → validate → gate → promote → report."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from dotenv import load_dotenv
from prefect import flow, runtime, tags
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.domains import each_domain
from flows.exam import Answering, challenge, examine
from flows.lateness import why_skipped
from flows.masking import mask_logs
from flows.stopping import stopped_by_sigterm
from flows.traces import trace
from nightschool.dataset import Extracted, Prepared, load_splits
from nightschool.errors import Busy, NoData
from nightschool.records import EndState, Night, NightStart, Window
from nightschool.report import NightReport, build_report
from nightschool.settings import Settings
from tasks import workshop
from tasks.alert import tell_end, tell_purse, telling
from tasks.caching import keep_results_under
from tasks.domains import domains_tonight, is_divided, own_part
from tasks.extract import extract
from tasks.night import (
    begin_night,
    examined_before,
    forget_night,
    incumbent_text,
    lease_of,
    lineage_of,
)
from tasks.parameters import RetrainParameters
from tasks.prepare import keep_data, settle_sets
from tasks.promote import promote
from tasks.report import report
from tasks.served import served_warnings
from tasks.shadow import rolled_back, watch_promotion
from tasks.tags import OF_DIVIDED, in_brackets, tag_run


def _run_name() -> str:
    parameters = runtime.flow_run.parameters["parameters"]
    settings = parameters.settings()
    day, part = parameters.run_date or _scheduled_day(settings), in_brackets(runtime.flow_run.tags)
    return f"retrain-{settings.target.replace('/', '.')}-{day}{part}"


@flow(name="retrain", flow_run_name=_run_name, persist_result=False)
async def retrain(parameters: RetrainParameters) -> State[Any]:
    """Retrain one target for one night, and serve the new prompt if it wins its exam."""
    with stopped_by_sigterm():
        return await _retrain(parameters)


async def _retrain(parameters: RetrainParameters) -> State[Any]:
    load_dotenv(".env")  # for what is not ours: the agent's own model reads its key from the environment
    settings = parameters.settings()
    mask_logs(settings)
    trace(settings)
    keep_results_under(settings.home)
    run_date = parameters.run_date or _scheduled_day(settings)
    night = Night(track=settings.track, target=settings.target, run_date=run_date)
    if why := await asyncio.to_thread(why_skipped, settings.schedule):
        return Completed(name=EndState.SKIPPED.value, message=why)
    try:
        async with lease_of(settings, night), telling(settings, night):
            ended = await _alone(night, parameters, settings)
            await tag_run(night, ended.name or "")
            if not is_divided(settings):  # else each domain's own night has told its end
                await tell_end(settings, night, ended)
            return ended
    except Busy as other:
        return Completed(name=EndState.SKIPPED.value, message=other.message)


async def _alone(night: Night, parameters: RetrainParameters, settings: Settings) -> State[Any]:
    """The night, of which no other run is at work on its target and track; returns how it ended."""
    start, window = begin_night(settings, night), parameters.window(settings, night.run_date)
    try:
        if is_divided(settings):
            domains = domains_tonight(settings, _data(start, window, settings)[1])
            return await _of_each(domains, night, parameters)
        told = await _night(start, window, settings)
    except NoData as reason:
        forget_night(settings, start)
        return Completed(name=EndState.NO_DATA.value, message=str(reason))
    ended = Failed if told.end_state is EndState.INVALID else Completed
    return ended(name=told.end_state.value, message=told.verdict.reason)


async def _of_each(domains: list[str], night: Night, parameters: RetrainParameters) -> State[Any]:
    """A night for each domain, as flows of their own below this one."""

    async def retrain_one(target: str) -> State[Any]:
        own = parameters.model_copy(update={"target": target, "run_date": night.run_date})
        with tags(OF_DIVIDED):
            ended: State[Any] = await retrain(own, return_state=True)
        return ended

    return await each_domain([f"{night.target}/{domain}" for domain in domains], retrain_one)


async def _night(start: NightStart, window: Window, settings: Settings) -> NightReport:
    """The stages, in their order. What each one made is a file; small references travel between them."""
    night, served = start.night, incumbent_text(settings, start)
    answering: Answering = (settings.grading, settings.models.identity, workshop.agent_digest(settings))

    turns, sets = _data(start, window, settings)
    shadow = await watch_promotion(start, sets.examples, answering, settings)
    if shadow is not None and shadow.decision == "roll back":
        return _reported(rolled_back(night, window, shadow, served, settings), settings)
    examined = examined_before(settings, night)
    found, test, identity, judge = await challenge(start, served, turns.turns, sets, examined, answering, settings)
    tell_purse(settings, night, found.stopped)
    outcome = await examine(start, served, found, test, identity, sets, examined, answering, settings)
    judged = outcome.judged.warned(served_warnings(settings, start, turns.turns))
    lineage = lineage_of(start, found, sets.examples, answering)
    ended = promote(night, served, found.challenger, judged, outcome.pairs, lineage, settings=settings)

    told = build_report(
        night,
        window,
        ended,
        judged.verdict,
        found,
        served,
        exam=outcome.exam,
        examples=load_splits(workshop.artifacts(settings), sets.examples).held_out,
        counts={**turns.counts, **sets.counts},
        models=settings.models.names,
        spent=workshop.spent(settings, night),
        shadow=shadow,
        judge=judge,
    )
    return _reported(told, settings)


def _reported(told: NightReport, settings: Settings) -> NightReport:
    report(told, settings=settings)
    return told


def _data(start: NightStart, window: Window, settings: Settings) -> tuple[Extracted, Prepared]:
    """What was said in the window, and the three sets made of it; which files they are is noted."""
    turns = extract(start, window, settings.agent_db, settings.agent_id, settings.data, settings.source, settings=settings)
    sets = own_part(settings, settle_sets(turns.turns, start.night, settings=settings, overlap_days=window.overlap_days))
    keep_data(start.night, window, turns, sets, settings=settings)
    return turns, sets


def _scheduled_day(settings: Settings) -> date:
    """Yesterday, seen from when the run was scheduled: a late run is still about its own night."""
    moment = runtime.flow_run.scheduled_start_time or datetime.now(UTC)
    return settings.yesterday(moment)
