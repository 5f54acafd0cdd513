"""`python -m flows backfill`: the plan first, then the dates, then what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.endings import guarded, validated

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from nightschool.preflight.backfill import BackfillPlan
    from tasks.backfill_parameters import BackfillParameters


def backfill(
    ctx: typer.Context,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first run date.")],
    end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last run date, included.")],
    targets: Annotated[
        list[str] | None, typer.Option("--target", help="What is tuned; give it again for more, which run side by side.")
    ] = None,
    every: Annotated[str, typer.Option(help="From one run date to the next: 1d, 7d, 2w.")] = "1d",
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Length of each date's window, up to its run date.")] = None,
    from_incumbent: Annotated[
        str, typer.Option(help="What the first date starts from: as-of (what production had then), or a version.")
    ] = "as-of",
    reprocess: Annotated[str, typer.Option(help="What is done again: none, failed, all (on a new track).")] = "failed",
    on_failure: Annotated[str | None, typer.Option(help="After a failed date: continue with the next, or stop.")] = None,
    promote_last: Annotated[
        bool, typer.Option("--promote-last", help="Send what the last date ends with to production's gate.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan with its upper bounds, and stop.")] = False,
    iterations: Annotated[int | None, typer.Option(min=1, max=50, help="Steps of each date's search.")] = None,
    agent: Annotated[str | None, typer.Option(help="The agent's factory, package.module:function.")] = None,
    agent_db: Annotated[str | None, typer.Option("--agent-db", "--real-data-db", help="Agno's memory, or a file.")] = None,
    model: Annotated[str | None, typer.Option(help="Model of critic, editor and judge.")] = None,
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint of that model.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Retrain a range of past run dates in order, each as of then, on a track of its own. Production is not touched.

    The same command again goes on where it stopped, and skips what is done. For example, to see the plan and then to run it:

      python -m flows backfill --start 2026-10-01 --end 2026-10-31 --dry-run

      python -m flows backfill --start 2026-10-01 --end 2026-10-31 --every 1w --target support --target sales
    """
    beside = ("agent", "agent_db", "model", "base_url")
    given = {name: value for name, value in ctx.params.items() if name not in (*beside, "debug") and value is not None}
    advanced = {name: value for name in beside if (value := ctx.params[name]) is not None}
    guarded(lambda: _backfill(given | {"targets": targets or [], "advanced": advanced}), debug=debug)


def _backfill(given: dict[str, Any]) -> int:
    from dotenv import load_dotenv

    from nightschool.preflight.backfill_terminal import show_plan
    from tasks.backfill_parameters import BackfillParameters
    from tasks.backfilling import plan_backfill

    load_dotenv(".env")  # as the flow does: the plan builds the agent too
    parameters = validated(BackfillParameters, given, "backfill")
    plans = [plan_backfill(parameters, target, datetime.now(UTC)) for target in parameters.targets_or_default]
    for plan in plans:
        show_plan(plan)
    if parameters.dry_run:
        typer.echo("Nothing was done.")
        return 0
    _require_what_is_quick(parameters, plans)
    return _tell(_run(parameters), parameters, plans)


def _require_what_is_quick(parameters: BackfillParameters, plans: Sequence[BackfillPlan]) -> None:
    """What would stop each date is found before the first one runs."""
    from nightschool.preflight import require_what_is_quick
    from nightschool.records import Night

    for plan in plans:
        if plan.to_do:
            settings = parameters.night(plan.target, track=plan.track).settings()
            night = Night(track=plan.track, target=plan.target, run_date=plan.to_do[0].run_date)
            require_what_is_quick(settings, night)


def _run(parameters: BackfillParameters) -> State[Any]:
    from flows.embedded import prefect_server
    from flows.logs import plain_logs

    home = parameters.night(None).settings().home
    with prefect_server(home, meanwhile=_import_the_flow), plain_logs(home):
        from flows.backfill import backfill as backfill_flow

        dates: Coroutine[Any, Any, State[Any]] = backfill_flow(parameters, return_state=True)  # type: ignore[assignment]  # Prefect types it as Awaitable
        return asyncio.run(dates)


def _import_the_flow() -> None:
    import flows.backfill  # noqa: F401 - for its place in sys.modules


def _tell(state: State[Any], parameters: BackfillParameters, plans: Sequence[BackfillPlan]) -> int:
    """Say what became of each target's dates; returns the exit code."""
    from flows.backfill import DONE, SOME_FAILED
    from nightschool.report.backfill import read_summary
    from nightschool.report.backfill.terminal import show_summary

    if state.name not in (DONE, SOME_FAILED):
        asyncio.run(_raise(state))
    home = parameters.night(None).settings().home
    summaries = [read_summary(plan.track, plan.target, home) for plan in plans]
    for summary in summaries:
        show_summary(summary, home)
    return next((summary.exit_code for summary in summaries if summary.exit_code), 0)


async def _raise(state: State[Any]) -> None:
    """Raise what a failed or crashed run raised."""
    await state.aresult(raise_on_failure=True)
