"""Who labels the questions of a night, besides the rules."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

from nightschool.dataset.labels import CATEGORIES, Labeller, ModelLabeller, load_labeller
from nightschool.llm import Journal
from nightschool.records import Night, digest_of_text
from nightschool.settings import Settings
from tasks.logs import stage_logger
from tasks.workshop import open_llm


@contextlib.contextmanager
def labeller_of(settings: Settings, night: Night) -> Iterator[Labeller | None]:
    """The labeller that `data.labeller` names; None for the rules alone. What a model says is paid by the night.

    Raises:
        ConfigError: where a site's own can't be imported.
    """
    name = settings.data.labeller
    if name == "rules":
        yield None
        return
    if name != "llm":
        yield load_labeller(name)
        return
    known = Journal(settings.database_url("journal"), _all_nights(night))
    try:
        yield ModelLabeller(
            partial(open_llm, settings, night, "search"),
            known,
            model=_model(settings),
            categories=[*CATEGORIES, settings.data.task_type],
            tell=stage_logger().warning,
        )
    finally:
        known.close()


def labelled_by(settings: Settings) -> tuple[str, ...]:
    """What decides the labels besides the rules, for cache keys: the model, or a site's own code.

    Raises:
        ConfigError: where a site's own can't be imported.
    """
    name = settings.data.labeller
    if name == "rules":
        return ()
    if name == "llm":
        return (name, _model(settings))
    load_labeller(name)
    spec = importlib.util.find_spec(name.partition(":")[0])
    code = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.has_location and spec.origin else ""
    return (name, digest_of_text(code))


def _model(settings: Settings) -> str:
    return settings.models.labeller_model or settings.models.model


def _all_nights(night: Night) -> Night:
    """Labels are no scores: any night of the target may take them, so that a question is asked once in its window."""
    return Night(track="labels", target=night.target, run_date=date.min)
