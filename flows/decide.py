"""A person's decision on a win that was held back, as a form in Prefect's UI; `nightschool approve | decline` do the same."""

from __future__ import annotations

from typing import Any

from dotenv import load_dotenv
from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from nightschool.publishing import failures_left, publish_owed
from nightschool.registry import Registry
from nightschool.settings import Settings
from tasks.alert import raise_events
from tasks.parameters import DecideParameters
from tasks.workshop import registry


def _run_name() -> str:
    parameters = runtime.flow_run.parameters["parameters"]
    return f"{parameters.decision}-{parameters.settings().target.replace('/', '.')}"


@flow(name="decide", flow_run_name=_run_name, persist_result=False)
async def decide(parameters: DecideParameters) -> State[Any]:
    """Approve or decline the prompt that won its exam and was held back for a person to look at."""
    load_dotenv(".env")
    settings = parameters.settings()
    try:
        with registry(settings) as book, failures_left(book, settings, told=False):  # the failed run is told
            return _decided(book, settings, parameters)
    finally:
        await raise_events(settings)


def _decided(book: Registry, settings: Settings, parameters: DecideParameters) -> State[Any]:
    if parameters.decision == "approve":
        return Completed(name="Approved", message=_approve(book, settings, parameters))
    return Completed(name="Declined", message=_decline(book, settings, parameters))


def _approve(book: Registry, settings: Settings, parameters: DecideParameters) -> str:
    why = {"reason": parameters.reason, "by": parameters.name, "locked": settings.prompt.locked}
    made = book.by_hand.approve(settings.track, settings.target, **why)
    publish_owed(book, settings)
    return f"{made.target} is now served with {made.version} instead of {made.previous}: {parameters.name} approved it."


def _decline(book: Registry, settings: Settings, parameters: DecideParameters) -> str:
    held = book.by_hand.decline(settings.track, settings.target, reason=parameters.reason, by=parameters.name)
    return f"{held.challenger} is not served, {held.incumbent} stays: {parameters.name} declined it."
