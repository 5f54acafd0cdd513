"""From settings to the things that stages work with."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from nightschool.agent import AgentHost, host_of, note_model_calls
from nightschool.artifacts import FolderStore, artifacts_of
from nightschool.evaluation import Evaluator
from nightschool.grading import Grader, load_scorers
from nightschool.llm import LLM, AgentCalls, Journal, Limiters, Meter, Phase, Purse, Spent
from nightschool.records import BackfillPolicy, BudgetPolicy, Night, digest_of
from nightschool.registry import Registry
from nightschool.settings import Settings
from tasks.validate_scorers import close_scorers, watch_scorers


@dataclass(frozen=True)
class Bench:
    """What a stage that talks to models needs; lives in one event loop."""

    evaluator: Evaluator
    grader: Grader
    llm: LLM
    meter: Meter


@contextlib.asynccontextmanager
async def bench(settings: Settings, night: Night, phase: Phase = "gate") -> AsyncIterator[Bench]:
    """Open journal, models and evaluator for one stage of a night, and close them with it.

    The budget is the night's: what earlier stages and runs of it took is counted in, and the search leaves the gate's part.
    """
    journal = Journal(settings.database_url("journal"), night)
    meter = _meter(settings, journal, night, phase)
    limiters = Limiters(settings.rate)
    key = settings.openai_api_key.get_secret_value()
    llm = LLM(settings.models, key, journal=journal, meter=meter, limiter=limiters.of(settings.models.base_url))
    target = agent_host(settings).target(
        timeout_s=settings.search.rollout_timeout_s,
        max_llm_calls=settings.rollouts.max_llm_calls,
        safe_tools=settings.rollouts.safe_tools,
        limiters=limiters,
        journaled=AgentCalls(journal, meter, settings.models),
    )
    scorers = [scorer.copied() for scorer in load_scorers(settings.grading.scorers)]
    watch_scorers(scorers, limiters, journal, meter, settings.models)
    grader = Grader(settings.grading, llm, scorers, note_model_calls)
    evaluator = Evaluator(
        target,
        grader,
        journal,
        meter,
        settings.models,
        agent_digest=agent_digest(settings),
        concurrency=settings.search.n_runners,
    )
    try:
        yield Bench(evaluator, grader, llm, meter)
    finally:
        await target.aclose()
        await close_scorers(scorers)
        await llm.aclose()
        journal.close()


@contextlib.asynccontextmanager
async def open_llm(settings: Settings, night: Night, phase: Phase) -> AsyncIterator[LLM]:
    """Open the model alone, for a stage that runs no agent; journaled and paid as in `bench`."""
    journal = Journal(settings.database_url("journal"), night)
    limiter = Limiters(settings.rate).of(settings.models.base_url)
    key = settings.openai_api_key.get_secret_value()
    llm = LLM(settings.models, key, journal=journal, meter=_meter(settings, journal, night, phase), limiter=limiter)
    try:
        yield llm
    finally:
        await llm.aclose()
        journal.close()


def lent(settings: Settings, n_runners: int) -> Settings:
    """The settings of a process that lends its runners to a night, in whose own process the budget is kept."""
    search = settings.search.model_copy(update={"n_runners": n_runners})
    return settings.model_copy(update={"search": search, "budget": BudgetPolicy(), "backfill": BackfillPolicy()})


def _meter(settings: Settings, journal: Journal, night: Night, phase: Phase) -> Meter:
    """The night's meter, with what was taken before; journal entries that are too old are forgotten on the way."""
    now = datetime.now(UTC)
    taken = journal.spent()
    journal.expire(now, days=settings.budget.journal_days)
    return Meter(settings.budget, taken, _purse(settings, journal, night, now), phase, _deadline(settings.budget, now))


def _purse(settings: Settings, journal: Journal, night: Night, now: datetime) -> Purse:
    """What the night pays from with others: a backfill has its own, so that it takes nothing from the nightly's month."""
    if night.is_backfilled:
        return Purse(settings.backfill.max_cost_usd, journal.track_cost_usd(), "backfill.max_cost_usd", "the backfill")
    return Purse(settings.budget.max_cost_usd_per_month, journal.month_cost_usd(now))


def _deadline(budget: BudgetPolicy, now: datetime) -> float | None:
    """When the flow run must end, on the monotonic clock; None where there is no limit or no flow."""
    from prefect import runtime

    if not budget.max_wall_s:
        return None
    began = runtime.flow_run.start_time or now
    return time.monotonic() + budget.max_wall_s - (now - began).total_seconds()


def spent(settings: Settings, night: Night) -> Spent:
    """What the night has taken so far."""
    journal = Journal(settings.database_url("journal"), night)
    try:
        return journal.spent()
    finally:
        journal.close()


def artifacts(settings: Settings) -> FolderStore:
    """Where the stages' files lie."""
    return artifacts_of(settings)


def registry(settings: Settings) -> Registry:
    """The registry; close it, or use it in a `with`."""
    return Registry(settings.database_url("registry"))


def agent_host(settings: Settings) -> AgentHost:
    """Where the agent runs: here, or in an interpreter of its own."""
    return host_of(settings.agent, settings.agent_python)


def agent_digest(settings: Settings) -> str:
    """Names the agent in cache and journal keys: its code, which of its tools run, and how often it may ask."""
    rollouts = settings.rollouts
    return digest_of([agent_host(settings).code_digest(), sorted(rollouts.safe_tools), rollouts.max_llm_calls])
