"""The commands behind `python -m flows`; heavy imports wait until a command needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.backfill_command import backfill
from flows.endings import EXIT_CODES, guarded, validated
from flows.imports import import_for_a_night, importing
from flows.runner import runner
from nightschool.errors import INVALID_VERDICT_EXIT_CODE

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from nightschool.records import Night, Window
    from nightschool.settings import Settings
    from tasks.parameters import RetrainParameters

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False, epilog=EXIT_CODES)


@app.callback()
def _group() -> None:
    """Run nightschool's flows."""


@app.command(epilog=EXIT_CODES)
def retrain(
    ctx: typer.Context,
    target: Annotated[str | None, typer.Option(help="What is tuned, like support or support/math.")] = None,
    agent: Annotated[str | None, typer.Option(help="The agent's factory, package.module:function.")] = None,
    agent_python: Annotated[
        str | None, typer.Option(help="The agent's own interpreter, where its packages are not those of nightschool.")
    ] = None,
    agent_db: Annotated[
        str | None,
        typer.Option(
            "--agent-db",
            "--real-data-db",
            help="Agno's memory: a path of SQLite or a postgresql URL; or a file of questions and answers.",
        ),
    ] = None,
    run_date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The night's logical day. [dim]Default: yesterday.[/dim]")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Length of the window in days, up to the run date.")] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the window, instead of --days.")
    ] = None,
    end: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of the window, included.")] = None,
    iterations: Annotated[int | None, typer.Option(min=1, max=50, help="Steps of the search.")] = None,
    algorithm: Annotated[str | None, typer.Option(help="How prompts are searched for: apo or gepa.")] = None,
    strategy: Annotated[
        str | None,
        typer.Option(help="single, per_domain (a target for each category of questions) or progressive (easy to hard)."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model of critic, editor and judge.")] = None,
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint of that model.")] = None,
    store_url: Annotated[str | None, typer.Option(help="Lightning Store that receives traces.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything that costs nothing, and stop.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Retrain one target for one night, and serve the new prompt if it wins its exam.

    For example, to check first and then to run:

      python -m flows retrain --agent-db agno.db --agent my_company.agents:build_support --target support --dry-run

      python -m flows retrain --agent-db agno.db --agent my_company.agents:build_support --target support --iterations 10
    """
    given = {name: value for name, value in ctx.params.items() if name not in ("dry_run", "debug")}
    guarded(lambda: _retrain(given, dry_run=dry_run), debug=debug)


app.command(epilog=EXIT_CODES)(backfill)
app.command()(runner)


def main() -> None:
    """The entry point of `python -m flows`."""
    app(prog_name="python -m flows")


def _retrain(given: dict[str, Any], *, dry_run: bool) -> int:
    from dotenv import load_dotenv

    from nightschool.records import Night

    load_dotenv(".env")  # as the flow does: what is checked before it builds the agent too
    parameters = _parameters(given)
    settings = parameters.settings()
    run_date = parameters.run_date or settings.yesterday(datetime.now(UTC))
    night = Night(track=settings.track, target=settings.target, run_date=run_date)
    window = parameters.window(settings, run_date)
    if dry_run:
        return _rehearse(settings, night, window)
    return _tell(_run(parameters.model_copy(update={"run_date": run_date}), settings, night), settings, night)


def _parameters(given: dict[str, Any]) -> RetrainParameters:
    from tasks.parameters import RetrainParameters

    return validated(RetrainParameters, given, "retrain")


def _rehearse(settings: Settings, night: Night, window: Window) -> int:
    from nightschool.preflight import check_everything
    from nightschool.preflight.terminal import show_checklist

    checklist = check_everything(settings, night, window)
    show_checklist(checklist, night)
    return checklist.exit_code


def _run(parameters: RetrainParameters, settings: Settings, night: Night) -> State[Any]:
    from flows.embedded import prefect_server
    from flows.logs import plain_logs

    with prefect_server(settings.home, meanwhile=lambda: _get_ready(settings, night)), plain_logs(settings.home):
        from flows.retrain import retrain as retrain_flow

        run: Coroutine[Any, Any, State[Any]] = retrain_flow(parameters, return_state=True)  # type: ignore[assignment]  # Prefect types it as Awaitable
        return asyncio.run(run)


def _get_ready(settings: Settings, night: Night) -> None:
    """What can be done before there is a server: checks, and the imports that each night needs."""
    with importing():
        from nightschool.preflight import require_what_is_quick
        from nightschool.registry.leases import require_free

        require_what_is_quick(settings, night)
        if settings.operations.when_busy == "end":  # the flow asks again; here it is before another command's end is waited for
            require_free(settings.database_url("registry"), night.track, night.target)
        import_for_a_night()


def _tell(state: State[Any], settings: Settings, night: Night) -> int:
    """Say how the night ended; returns the exit code."""
    from nightschool.records import EndState
    from nightschool.report import read_report
    from nightschool.report.terminal import show_night
    from tasks.domains import is_divided

    if is_divided(settings) and state.message:
        typer.echo(state.message)
        return INVALID_VERDICT_EXIT_CODE if state.name == EndState.INVALID else int(state.is_failed())
    if state.name in (EndState.NO_DATA, EndState.SKIPPED):
        typer.echo(f"{state.name}: {state.message}")
        return 0
    if state.name not in list(EndState):
        asyncio.run(_raise(state))
    show_night(read_report(night, settings.home), settings.home)
    return INVALID_VERDICT_EXIT_CODE if state.name == EndState.INVALID else 0


async def _raise(state: State[Any]) -> None:
    """Raise what a failed or crashed run raised."""
    await state.aresult(raise_on_failure=True)
