"""Shadow: for some nights after a promotion, what it replaced is run beside it on fresh sessions, and may come back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import load_splits
from nightschool.errors import BudgetExhausted
from nightschool.evaluation import BoughtExam, buy_pairs
from nightschool.gate import is_complete, units_in_order, watch
from nightschool.publishing import publish_owed
from nightschool.records import (
    Candidate,
    EndState,
    Example,
    GradingPolicy,
    Night,
    NightStart,
    Pair,
    SearchResult,
    ShadowFigures,
    ShadowPolicy,
    Verdict,
    Window,
    version_of,
)
from nightschool.registry import PRODUCTION, Transition
from nightschool.report import NightReport, build_report
from nightschool.settings import Settings
from tasks.caching import stage
from tasks.carry import examinable, unit_of
from tasks.logs import stage_logger
from tasks.train import MODULES
from tasks.workshop import artifacts, bench, registry, spent

SessionOrUser = Literal["session", "user"]


async def watch_promotion(
    start: NightStart, examples: ArtifactRef, answering: tuple[GradingPolicy, tuple[str, ...], str], settings: Settings
) -> ShadowFigures | None:
    """Compare what is served with what it replaced, on tonight's fresh sessions and those of the nights before.

    Where the new prompt is worse, the old one is served again at once, unless the target is frozen or the old one
    lacks what was locked meanwhile.

    Returns:
        The figures; None where the last promotion is too long ago, or was none by an exam, or where the purse is empty.
    """
    promotion, since = _promotion_to_watch(settings, start)
    if promotion is None:
        return None
    with registry(settings) as book:
        before, now = (book.version(version).text for version in (promotion.previous, promotion.version))
        earlier = book.shadows.pairs(promotion, before=start.night.run_date)
        stored = book.verdict(promotion.verdict_id)
    seen = sorted({pair.session_id for pair in earlier})
    try:
        tonight = await shadow(start.night, before, now, examples, since, seen, settings.shadow, *answering, settings=settings)
    except BudgetExhausted as error:  # not kept as tonight's result: with a larger purse the same night compares them
        stage_logger().warning("The last promotion is not compared tonight: %s", error.message)
        return None
    pairs = BoughtExam.model_validate(artifacts(settings).read_json(tonight)).pairs
    policy = settings.gate.model_copy(update={"unit": _unit(settings)})
    promised = stored.verdict.gain if stored else None
    figures = watch((*earlier, *pairs), settings.shadow, policy, served=promotion.version, promised=promised)
    if figures.decision == "roll back" and (why := _why_not_back(before, settings)):
        figures = figures.model_copy(update={"decision": "keep", "reason": f"{figures.reason} It stays, because {why}."})
    stage_logger().info("%s", figures.reason)
    _settle(settings, start.night, promotion, pairs, figures)
    return figures


def _why_not_back(before: str, settings: Settings) -> str:
    """What forbids to serve the earlier prompt again, in half a sentence; empty if nothing does."""
    if settings.gate.promotion == "off":
        return "the target is frozen (gate.promotion = off)"
    if settings.prompt.locked not in before:
        return "the prompt before lacks the locked text (prompt.locked); adopt one that has it"
    return ""


def rolled_back(night: Night, window: Window, shadow: ShadowFigures, served: str, settings: Settings) -> NightReport:
    """The report of a night that ended by going back: nothing was searched, and nothing examined."""
    seed = Candidate(version=version_of(served), text=served)
    return build_report(
        night,
        window,
        EndState.ROLLED_BACK,
        Verdict(decision="reject", reason=f"Rolled back: {shadow.reason}"),
        SearchResult(seed=seed, stopped="the prompt before the last promotion is served again"),
        served,
        models=settings.models.names,
        spent=spent(settings, night),
        shadow=shadow,
    )


@stage("shadow", [*MODULES, "nightschool.gate.units"], where=["settings"])
async def shadow(
    night: Night,
    before: str,
    now: str,
    examples: ArtifactRef,
    since: datetime,
    seen: list[str],
    policy: ShadowPolicy,
    grading: GradingPolicy,
    models: tuple[str, ...],
    agent: str,
    *,
    settings: Settings,
) -> ArtifactRef:
    """Buy pairs on held-out sessions that began after the promotion and were not compared yet."""
    store = artifacts(settings)
    fresh = [e for e in examinable(load_splits(store, examples).held_out, settings, seen) if _is_since(e, since)]
    batch = _some_units(fresh, _unit(settings), policy.units_a_night, version_of(now))
    async with bench(settings, night) as tools:
        bought = await buy_pairs(
            tools.evaluator, before, now, [batch], night=night.run_date.isoformat(), wants_more=lambda _pairs, _left: bool(batch)
        )
    exam = BoughtExam.of([row for row in bought if is_complete(row[0])])
    return store.write_json("shadow", exam.model_dump(mode="json"))


def _promotion_to_watch(settings: Settings, start: NightStart) -> tuple[Transition | None, datetime]:
    """The promotion that made the night's incumbent, while it is fresh, and the end of its night."""
    night = start.night
    with registry(settings) as book:
        promotion = book.shadows.promotion(night.track, night.target, start.incumbent) if night.track == PRODUCTION else None
        stored = book.verdict(promotion.verdict_id) if promotion else None
    if stored is None:
        return None, start.started_at
    since = Window.of_days(stored.night.run_date, stored.night.run_date, settings.timezone).end
    age = (night.run_date - stored.night.run_date).days
    return promotion if 0 < age <= settings.shadow.nights else None, since


def _unit(settings: Settings) -> SessionOrUser:
    return "user" if settings.gate.unit == "user" else "session"


def _is_since(example: Example, moment: datetime) -> bool:
    return example.timestamp is not None and example.timestamp >= moment


def _some_units(examples: Iterable[Example], unit: SessionOrUser, most: int, served: str) -> list[Example]:
    """The examples of so many units, chosen by nobody: in the order of their hashes."""
    by_unit: dict[str, list[Example]] = {}
    for example in examples:
        by_unit.setdefault(unit_of(example, unit), []).append(example)
    return [example for name in units_in_order(by_unit, served)[:most] for example in by_unit[name]]


def _settle(settings: Settings, night: Night, promotion: Transition, pairs: tuple[Pair, ...], figures: ShadowFigures) -> None:
    """Keep tonight's pairs; move the incumbent back where that was decided."""
    with registry(settings) as book:
        book.shadows.keep_pairs(promotion, night, pairs)
        if figures.decision == "roll back":
            book.shadows.take_back(promotion, night, figures.reason)
            publish_owed(book, settings)
