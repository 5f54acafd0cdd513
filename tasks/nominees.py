"""What a backfill sends to production's gate: the night's challenger without a search, examined on what it has never seen."""

from __future__ import annotations

from datetime import UTC, datetime

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import Prepared, load_splits
from nightschool.errors import NoData
from nightschool.preflight.backfill import BackfillPlan
from nightschool.records import (
    Candidate,
    Example,
    GateTest,
    Night,
    NightStart,
    Nomination,
    Record,
    SearchResult,
    Window,
    version_of,
)
from nightschool.registry import PRODUCTION
from nightschool.report.backfill import BackfillSummary
from nightschool.settings import Settings
from nightschool.sources import open_source
from nightschool.training import placeholders_of
from tasks.logs import stage_logger
from tasks.tags import ONLY_WHAT_WAITS
from tasks.workshop import artifacts, registry


class Nominee(Record):
    """A prompt that a backfill sent to the gate, as a search would have found it."""

    challenger: Candidate
    found: SearchResult
    search: ArtifactRef
    """Where `found` is kept."""
    examined: list[str]
    """Held-out sessions that can't be examined: those of earlier promotions, and those that it was perhaps made from."""


def nominee(settings: Settings, start: NightStart, served: str, sets: Prepared, examined: list[str]) -> Nominee | None:
    """What waits to be this night's challenger.

    None where nothing waits, where a search could not propose it any more, or where every held-out session is older than what
    it was made from: it waits on, and the night searches.

    Raises:
        NoData: instead of the last two, in a night that was started for it alone.
    """
    if start.night.track != PRODUCTION:
        return None
    with registry(settings) as book:
        sent = book.backfills.waiting(start.night.target)
        text = book.version(sent.challenger).text if sent else ""
    if sent is None:
        return None
    if why := _unfit(text, served, settings.prompt.locked):
        _waits_on(f"{sent.challenger}, which {sent.track} sent, is not examined: it {why}")
        return None
    spoilt = _with_older(settings, sets, examined, sent)
    if all(one.session_id in set(spoilt) for one in _held_out(settings, sets)):
        _waits_on(f"{sent.challenger}, which {sent.track} sent, waits for held-out sessions that it has not seen")
        return None
    stage_logger().info("%s, which %s sent, is tonight's challenger; no search", sent.challenger, sent.track)
    edit = "proposed earlier" if sent.track == PRODUCTION else "backfill"
    challenger = Candidate(version=sent.challenger, text=text, parent=version_of(served), edit=edit)
    found = _found(sent, challenger, served)
    kept = artifacts(settings).write_json("search", found.model_dump(mode="json"))
    return Nominee(challenger=challenger, found=found, search=kept, examined=spoilt)


def _waits_on(why: str) -> None:
    """Say why what was sent is not tonight's challenger; ends a night that was started for it alone."""
    from prefect import runtime

    if ONLY_WHAT_WAITS in runtime.flow_run.tags:
        raise NoData(why)
    stage_logger().warning("%s", why)


def with_seen(settings: Settings, test: GateTest, sets: Prepared, examined: list[str]) -> list[str]:
    """The sessions that a test can't use: those of earlier promotions, and where a backfill sent its challenger older ones."""
    if test.track != PRODUCTION:
        return examined
    with registry(settings) as book:
        sent = book.backfills.nomination(test.target, test.challenger)
    if sent is None or (sent.track == PRODUCTION and test.opened_at < sent.at):  # that test is the one that it won too late
        return examined
    return _with_older(settings, sets, examined, sent)


def send_again(settings: Settings, night: Night, challenger: str) -> None:
    """Let a prompt that won against one that is no longer served be judged against what is served now; once for each prompt."""
    with registry(settings) as book:
        if night.track != PRODUCTION or book.backfills.nomination(night.target, challenger) is not None:
            return
        sent = {"target": night.target, "challenger": challenger, "track": PRODUCTION, "at": datetime.now(UTC)}
        book.backfills.nominate(Nomination(seen_until=settings.window(night.run_date, days=1).end, **sent))


def _found(sent: Nomination, challenger: Candidate, served: str) -> SearchResult:
    """The prompt as a search from what is served would have found it."""
    is_ours = sent.track == PRODUCTION
    why = f"{sent.challenger} won when another prompt was served" if is_ours else f"{sent.track} sent its last prompt to the gate"
    seed = Candidate(version=version_of(served), text=served)
    return SearchResult(seed=seed, challenger=challenger, stopped=f"no search tonight: {why}")


def _unfit(text: str, served: str, locked: str) -> str:
    """What speaks against a prompt now, as it would in a search from what is served; empty where nothing does."""
    if locked not in text:
        return "lacks the locked text"
    return "" if placeholders_of(text) == placeholders_of(served) else "drops or invents a placeholder"


def _with_older(settings: Settings, sets: Prepared, examined: list[str], sent: Nomination) -> list[str]:
    older = {one.session_id for one in _held_out(settings, sets) if one.timestamp is None or one.timestamp < sent.seen_until}
    return sorted(older.union(examined))


def _held_out(settings: Settings, sets: Prepared) -> tuple[Example, ...]:
    return load_splits(artifacts(settings), sets.examples).held_out


def nominate_last(settings: Settings, plan: BackfillPlan, summary: BackfillSummary) -> str:
    """Send the last date's prompt to production's gate; returns why not, in one sentence, where it can't be sent."""
    if summary.not_run:
        return f"Nothing was sent to production: {len(summary.not_run)} dates were not run."
    with registry(settings) as book:
        last, served = book.incumbent(plan.track, plan.target), book.incumbent(PRODUCTION, plan.target)
        if last is None or last.version == plan.begins_with:
            return f"Nothing was sent to production: no date promoted a prompt, the track ends with {plan.begins_with}."
        if served is not None and served.version == last.version:
            return f"Nothing was sent to production: it serves {last.version} already."
        seen_until = settings.window(plan.dates[-1].run_date, days=1).end
        now = datetime.now(UTC)
        sent = {"target": plan.target, "challenger": last.version, "track": plan.track}
        book.backfills.nominate(Nomination(seen_until=seen_until, at=now, **sent))
    return ""


def waits(settings: Settings, plan: BackfillPlan) -> bool:
    """Whether what the backfill sent is still to be examined."""
    with registry(settings) as book:
        sent = book.backfills.waiting(plan.target)
        return sent is not None and sent.track == plan.track


def why_not_at_once(settings: Settings, plan: BackfillPlan, night: Night) -> str:
    """What keeps production's last night from examining it now, in words; empty where nothing does."""
    with registry(settings) as book:
        if (open_test := book.tests.open_test(PRODUCTION, plan.target)) is not None:
            return f"the test of {open_test.challenger} is open"
        if book.night(night) is not None:
            return f"the night of {night.run_date} was held already"
    since = settings.window(plan.dates[-1].run_date, days=1).end
    until = settings.window(night.run_date, days=1).end
    source = open_source(settings.agent_db, agent_id=settings.agent_id, policy=settings.source)
    if since >= until or not source.count(Window(start=since, end=until)):
        return "there is no conversation yet that is newer than what it was made from"
    return ""
