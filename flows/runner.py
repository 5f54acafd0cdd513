"""`python -m flows runner`: rollouts for a search that runs in another process or on another machine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer

from flows.endings import guarded

if TYPE_CHECKING:
    from nightschool.evaluation import Evaluator
    from nightschool.records import Night
    from nightschool.settings import Settings

EXAMPLE = "http://127.0.0.1:4748"


def runner(
    store: Annotated[str, typer.Option(help=f"Where nights share their searches, like {EXAMPLE}.")],
    runners: Annotated[int, typer.Option(min=1, max=512, help="Rollouts side by side.")] = 8,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Do rollouts for the nights that share their search (operations.share_rollouts_at), until it is stopped.

    It reads the same nightschool.toml, agent and journal as the night; several may be started, on several machines.
    """
    guarded(lambda: _run(store, runners), debug=debug)


def _run(url: str, n_runners: int) -> int:
    from dotenv import load_dotenv

    from nightschool.settings import load_settings

    load_dotenv(".env")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("nightschool").setLevel(logging.INFO)
    asyncio.run(_attached(load_settings(), url, n_runners))
    return 0


async def _attached(settings: Settings, url: str, n_runners: int) -> None:
    from nightschool.training import attach
    from tasks.workshop import bench, lent

    own = lent(settings, n_runners)

    @contextlib.asynccontextmanager
    async def open_night(night: Night) -> AsyncIterator[Evaluator]:
        async with bench(own, night, "search") as tools:
            yield tools.evaluator

    loop, token = asyncio.get_running_loop(), settings.runners_token.get_secret_value()
    working = asyncio.create_task(attach(url, token, open_night, n_runners=n_runners))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, working.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await working
