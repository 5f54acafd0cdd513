"""The dates of a backfill: which they are, where they begin, and what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from nightschool.errors import INVALID_VERDICT_EXIT_CODE, ConfigError, DataError, NightschoolError
from nightschool.preflight.backfill import BackfillPlan, plan_dates, run_dates
from nightschool.records import BACKFILL, BackfillDate, DateState, EndState, Lineage, Night, digest_of
from nightschool.registry import PRODUCTION, Registry
from nightschool.registry.leases import held_on
from nightschool.report import read_report
from nightschool.report.backfill import BackfillSummary
from nightschool.settings import Settings
from tasks.backfill_parameters import AS_OF, BackfillParameters
from tasks.night import seed_prompt
from tasks.workshop import agent_digest, registry, spent

GIVE_WAY_S = 5.0


def plan_backfill(parameters: BackfillParameters, target: str | None, now: datetime) -> BackfillPlan:
    """Everything that can be said of a target's dates before one of them runs.

    The track's name follows from the first date, the step and the window, from what the first date starts with, and from
    the settings and the code that decide results. So the same backfill finds its own track again, a later end goes on
    with it, and other settings begin another one.

    Args:
        parameters: the backfill's.
        target: whose dates; None: the settings' target's.
        now: an aware moment; run dates after its yesterday are refused.

    Raises:
        ConfigError: where the range is not over yet, or the prompt to start from is not known.
        DataError: where the conversations can't be read.
    """
    settings = parameters.night(target).settings()
    _require_past(parameters, settings, now)
    days = parameters.days or settings.data.max_real_data_age_days
    dates = run_dates(parameters.start, parameters.end, parameters.every_days)
    with registry(settings) as book:
        text, because = _first_prompt(book, settings, parameters)
        name = digest_of([parameters.start, parameters.every_days, days, text, _what_decides(settings)])[:8]
        track, known = _track(book, f"{BACKFILL}{name}", settings.target, dates, anew=parameters.reprocess == "all")
    planned = plan_dates(
        settings, dates, every_days=parameters.every_days, days=days, known=known, reprocess=parameters.reprocess
    )
    return BackfillPlan(target=settings.target, track=track, first_prompt=text, because=because, days=days, dates=planned)


def begin_track(settings: Settings, plan: BackfillPlan) -> None:
    """Give the track its first prompt, where it has none yet."""
    first = Night(track=plan.track, target=plan.target, run_date=plan.dates[0].run_date)
    lineage = Lineage(track=plan.track, target=plan.target, run_date=first.run_date.isoformat(), note=plan.because)
    with registry(settings) as book:
        if book.incumbent(plan.track, plan.target) is None:
            book.begin(first, plan.first_prompt, lineage=lineage)


def begin_date(settings: Settings, night: Night) -> BackfillDate:
    """Note that a date is being worked on."""
    with registry(settings) as book:
        start, standing = book.night(night), book.incumbent(night.track, night.target)
        incumbent = start.incumbent if start else standing.version if standing else ""
        begun = BackfillDate(night=night, state=DateState.RUNNING, incumbent=incumbent, begun_at=datetime.now(UTC))
        book.backfills.note(begun)
    return begun


def end_date(settings: Settings, begun: BackfillDate, state: str, message: str, error: BaseException | None) -> BackfillDate:
    """Note how a date ended, with its figures.

    Args:
        settings: of the date's night.
        begun: the date as it was begun.
        state: the name of the state that its run ended in.
        message: that state's.
        error: what broke, where something did.
    """
    taken = spent(settings, begun.night)
    found: dict[str, object] = {"state": state, "message": message, "llm_calls": taken.total_calls, "cost_usd": taken.cost_usd}
    if state == EndState.INVALID:
        found |= {"exit_code": INVALID_VERDICT_EXIT_CODE}
    if error is not None:
        found |= {"state": DateState.FAILED.value} | _explained(error)
    found |= _figures(settings, begun.night, state)
    with registry(settings) as book:
        standing = book.incumbent(begun.night.track, begun.night.target)
        left = {"served_after": standing.version if standing else "", "ended_at": datetime.now(UTC)}
        ended = begun.model_copy(update=found | left)
        book.backfills.note(ended)
    return ended


def purse_is_empty(settings: Settings, night: Night) -> str:
    """Why no further date can be paid, in one sentence; empty where one can."""
    from nightschool.llm import Journal

    limit = settings.backfill.max_cost_usd
    journal = Journal(settings.database_url("journal"), night)
    try:
        used = journal.track_cost_usd()
    finally:
        journal.close()
    if not limit or used < limit:
        return ""
    return f"The backfill's purse is empty: ${used:.2f} of ${limit:.2f} (backfill.max_cost_usd). Raise it and start it again."


async def give_way(settings: Settings, tell: Callable[[str], None]) -> None:
    """Wait while a night of production runs: a backfill has the time, and the endpoint is the same."""
    told = False
    while settings.backfill.gives_way and (holder := held_on(settings.database_url("registry"), PRODUCTION)):
        if not told:
            tell(f"A night of production is running ({holder}); the backfill goes on when it has ended")
            told = True
        await asyncio.sleep(GIVE_WAY_S)


def summarise(settings: Settings, plan: BackfillPlan, notes: Sequence[str] = ()) -> BackfillSummary:
    """What became of a target's dates so far."""
    wanted = tuple(planned.run_date for planned in plan.dates)
    with registry(settings) as book:
        known = book.backfills.dates(plan.track, plan.target)
    return BackfillSummary(
        target=plan.target,
        track=plan.track,
        begins_with=plan.begins_with,
        because=plan.because,
        wanted=wanted,
        dates=tuple(one for one in known if one.night.run_date in wanted),
        notes=tuple(notes),
    )


def _require_past(parameters: BackfillParameters, settings: Settings, now: datetime) -> None:
    yesterday = settings.yesterday(now)
    if parameters.end > yesterday:
        raise ConfigError(
            f"the last run date {parameters.end} is not over yet in {settings.timezone}",
            next_step=f"Give --end {yesterday} or an earlier day.",
        )


def _first_prompt(book: Registry, settings: Settings, parameters: BackfillParameters) -> tuple[str, str]:
    """The text that the first date starts from, and why."""
    if parameters.from_incumbent != AS_OF:
        return book.version(parameters.from_incumbent).text, "as it was asked for"
    moment = settings.window(parameters.start, days=1).end
    standing = book.backfills.production_as_of(settings.target, moment)
    if standing is None:
        return seed_prompt(settings), "the first prompt, since production never had one"
    return standing.text, f"what production had at the end of {parameters.start}, or its first"


def _what_decides(settings: Settings) -> list[object]:
    """The settings and the code that a date's result depends on, besides its data."""
    policies = (
        settings.data,
        settings.source,
        settings.rollouts,
        settings.prompt,
        settings.search,
        settings.grading,
        settings.gate,
    )
    read = (settings.agent_db, settings.agent_id, settings.timezone)
    return [*policies, *read, settings.models.identity, agent_digest(settings)]


def _track(book: Registry, base: str, target: str, dates: list[date], *, anew: bool) -> tuple[str, tuple[BackfillDate, ...]]:
    """The track that is gone on with, and what is known of its dates.

    Done anew means on another track, where nothing is known; that one is gone on with until it is through.
    """
    number, track, known = 1, base, book.backfills.dates(base, target)
    while following := book.backfills.dates(f"{base}.{number + 1}", target):
        number, track, known = number + 1, f"{base}.{number + 1}", following
    ended = {one.night.run_date for one in known if one.has_ended}
    is_through = all(run_date in ended for run_date in dates)
    if anew and known and (number == 1 or is_through):
        return f"{base}.{number + 1}", ()
    return track, known


def _figures(settings: Settings, night: Night, state: str) -> dict[str, object]:
    """Challenger and rewards of a night that has a report."""
    if state not in set(EndState) - {EndState.NO_DATA, EndState.SKIPPED}:
        return {}
    try:
        report = read_report(night, settings.home)
    except DataError:
        return {}
    return {
        "incumbent": report.incumbent_version,
        "challenger": report.challenger_version,
        "incumbent_reward": report.incumbent.reward,
        "challenger_reward": report.challenger.reward,
    }


def _explained(error: BaseException) -> dict[str, object]:
    if isinstance(error, NightschoolError):
        return {"message": error.message, "next_step": error.next_step, "exit_code": error.exit_code}
    return {"message": f"{type(error).__name__}: {error}", "exit_code": 1}
