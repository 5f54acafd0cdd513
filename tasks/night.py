"""Where a night begins: what it starts from is recorded once, so that the same night twice is the same night."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import Prepared, load_splits, require_enough
from nightschool.errors import ConfigError
from nightschool.grading import gradable
from nightschool.publishing import publish_owed
from nightschool.records import Lineage, Night, NightStart, SearchResult, Splits, digest_of
from nightschool.registry.leases import lease
from nightschool.settings import Settings
from nightschool.training import note_search, pool, require_news
from tasks.caching import code_digest
from tasks.logs import stage_logger
from tasks.train import MODULES
from tasks.workshop import agent_host, artifacts, registry


def lease_of(settings: Settings, night: Night) -> AbstractAsyncContextManager[None]:
    """The lease that a run holds while it works on the night's target: another one waits, or ends (`operations.when_busy`).

    Raises:
        Busy: on entry, where another run holds it and the settings say that this one ends.
    """
    wait = settings.operations.when_busy == "wait"
    return lease(settings.database_url("registry"), night.track, night.target, wait=wait, tell=stage_logger().warning)


def begin_night(settings: Settings, night: Night) -> NightStart:
    """Record (or read) what the night starts from: the incumbent, and the moment up to which feedback counts.

    Whatever an earlier night promoted and could not publish is published first.
    """
    with registry(settings) as book:
        publish_owed(book, settings)
        known = book.night(night)
        whole = book.incumbent(night.track, night.target.partition("/")[0])
        return known or book.begin(night, whole.text if whole else seed_prompt(settings))


def seed_prompt(settings: Settings) -> str:
    """The first prompt where nothing was promoted yet: the settings', else the factory's default.

    A domain, like `support/math`, begins with the incumbent of the whole target where that has one.

    Raises:
        ConfigError: where neither is there.
    """
    text = settings.seed_prompt or agent_host(settings).default_prompt()
    if not text.strip():
        raise ConfigError(
            f"the target {settings.target} has no prompt to start from",
            next_step="Set seed_prompt to the prompt that production serves now, or give the factory's prompt a default.",
        )
    return text


def incumbent_text(settings: Settings, start: NightStart) -> str:
    """The text of the incumbent that the night started from."""
    with registry(settings) as book:
        return book.version(start.incumbent).text


def forget_night(settings: Settings, start: NightStart) -> None:
    """Let a night that ended without data read anew when it is run again: no such end is ever a kept result."""
    with registry(settings) as book:
        book.forget(start)


def examined_before(settings: Settings, night: Night) -> list[str]:
    """The held-out sessions that promotions before this night have used."""
    with registry(settings) as book:
        return sorted(book.examined_sessions(night))


def enough_data(settings: Settings, sets: Prepared, examined: list[str]) -> None:
    """End the night before money is spent where a set is too small to learn from, to rank on or to confirm a gain.

    Raises:
        NoData: with each set's size against its minimum, and when there will be enough.
    """
    splits = load_splits(artifacts(settings), sets.examples)
    usable = {name: tuple(e for e in getattr(splits, name) if gradable(e, settings.grading)) for name in Splits.model_fields}
    found = pool(Splits(**usable), settings.search) if sets.is_small else Splits(**usable)
    require_enough(found, settings.data, gate=settings.gate, examined=examined)


def enough_news(settings: Settings, night: Night, sets: Prepared) -> None:
    """End the night before money is spent where the last search has seen nearly all that this one would.

    Raises:
        NoData: with how many examples are new.
    """
    require_news(night, load_splits(artifacts(settings), sets.examples), settings.search, settings.home)


def keep_search(settings: Settings, night: Night, sets: Prepared) -> None:
    """Note what a finished search has seen."""
    note_search(night, load_splits(artifacts(settings), sets.examples), settings.home)


def lineage_of(start: NightStart, found: SearchResult, examples: ArtifactRef, answering: object) -> Lineage:
    """Where tonight's challenger came from."""
    from prefect import runtime

    night = start.night
    return Lineage(
        parent=start.incumbent,
        track=night.track,
        target=night.target,
        run_date=night.run_date.isoformat(),
        run_id=runtime.flow_run.id or "",
        data_digest=examples.digest,
        code_digest=digest_of([code_digest(*MODULES), answering]),
        edits=_edits(found),
    )


def _edits(found: SearchResult) -> tuple[str, ...]:
    """The kinds of edit from the seed to the challenger, oldest first."""
    by_version = {candidate.version: candidate for candidate in found.candidates}
    kinds: list[str] = []
    step = found.challenger
    while step is not None and step.version != found.seed.version:
        kinds.append(step.edit)
        step = by_version.get(step.parent)
    return tuple(reversed(kinds))
