"""The dates of a backfill: which track they are on, where they begin, and what was known at the end of each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from nightschool.dataset import load_or_create_salt
from nightschool.errors import ConfigError, TransientError
from nightschool.feedback import FeedbackBook
from nightschool.llm import Journal
from nightschool.records import BackfillDate, Night, NightStart
from nightschool.registry import Registry
from nightschool.settings import load_settings
from tasks.backfill_parameters import BackfillParameters
from tasks.backfilling import begin_date, begin_track, end_date, plan_backfill, purse_is_empty, summarise
from tasks.extract import extract
from tasks.workshop import artifacts
from tests.small_desk import FIRST_PROMPT, move_in
from tests.unit.registry.nights import promoted

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
FIRST = date(2026, 10, 5)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A desk with a turn a day, whose settings are in the environment."""
    move_in(tmp_path, monkeypatch, [date(2026, 10, day) for day in range(1, 11)])
    return tmp_path


def parameters(**given):
    return BackfillParameters.model_validate({"start": FIRST, "end": FIRST + timedelta(days=2), "days": 1} | given)


def plan(**given):
    return plan_backfill(parameters(**given), None, NOW)


def the_whole_range_has_ended(plan, state="Rejected"):
    with Registry(load_settings().database_url("registry")) as book:
        for planned in plan.dates:
            night = Night(track=plan.track, target=plan.target, run_date=planned.run_date)
            book.backfills.note(BackfillDate(night=night, state=state, begun_at=NOW, cost_usd=0.5))


@pytest.mark.usefixtures("home")
def test_the_same_backfill_finds_its_track_again_and_others_have_another(monkeypatch):
    first = plan()
    assert first.track.startswith("backfill/")
    assert plan().track == plan(end=FIRST + timedelta(days=4)).track == plan(on_failure="stop").track == first.track
    assert len({first.track, plan(every="1w").track, plan(days=2).track, plan(start=FIRST + timedelta(days=1)).track}) == 4
    monkeypatch.setenv("NIGHTSCHOOL_SEARCH__MAX_ITERATIONS", "7")
    assert plan().track != first.track


@pytest.mark.usefixtures("home")
def test_all_anew_is_another_track_that_is_gone_on_with_until_it_is_through():
    first = plan()
    assert plan(reprocess="all").track == first.track, "nothing was done yet"
    the_whole_range_has_ended(first)
    assert [date.to_do for date in plan().dates] == [False] * 3
    anew = plan(reprocess="all")
    assert anew.track == f"{first.track}.2"
    assert [date.to_do for date in anew.dates] == [True] * 3
    the_whole_range_has_ended(anew.model_copy(update={"dates": anew.dates[:1]}))
    assert [date.to_do for date in plan(reprocess="all").dates] == [False, True, True]
    the_whole_range_has_ended(anew)
    assert plan(reprocess="all").track == f"{first.track}.3"
    assert plan().track == anew.track


def test_the_first_date_starts_from_what_production_had_then_or_from_a_version(home):
    assert plan().first_prompt == FIRST_PROMPT
    settings = load_settings()
    with Registry(settings.database_url("registry"), clock=lambda: datetime(2026, 10, 4, 3, tzinfo=UTC)) as book:
        early = promoted(book, Night(target="support", run_date=date(2026, 10, 3)), "Early.")
    with Registry(settings.database_url("registry"), clock=lambda: datetime(2026, 10, 20, 3, tzinfo=UTC)) as book:
        promoted(book, Night(target="support", run_date=date(2026, 10, 19)), "Late.")
    assert plan().first_prompt == "Early."
    assert plan(start=date(2026, 10, 20), end=date(2026, 10, 21)).first_prompt == "Late."
    assert plan(start=date(2026, 10, 20), end=date(2026, 10, 21), from_incumbent=early.version[:6]).first_prompt == "Early."
    with pytest.raises(ConfigError, match="No prompt version begins with"):
        plan(from_incumbent="zzz")


@pytest.mark.usefixtures("home")
def test_a_track_begins_with_its_first_prompt_and_production_stays_without_one():
    wanted = plan()
    settings = parameters().night(None, track=wanted.track).settings()
    for _ in range(2):
        begin_track(settings, wanted)
    with Registry(settings.database_url("registry")) as book:
        assert book.incumbent(wanted.track, "support").text == FIRST_PROMPT
        assert book.incumbent("production", "support") is None


@pytest.mark.usefixtures("home")
def test_days_that_are_not_over_are_refused():
    with pytest.raises(ConfigError, match="2026-11-01 is not over yet"):
        plan(end=NOW.date())
    plan(end=NOW.date() - timedelta(days=1))


@pytest.mark.usefixtures("home")
def test_a_date_that_broke_is_noted_with_what_to_do_and_the_summary_counts_it():
    wanted = plan()
    settings = parameters().night(None, track=wanted.track).settings()
    begin_track(settings, wanted)
    night = Night(track=wanted.track, target="support", run_date=FIRST)
    begun = begin_date(settings, night)
    assert next(date.expected for date in plan().dates) == "was interrupted: goes on"
    end_date(settings, begun, "Failed", "it broke", TransientError("down", next_step="Try again."))
    summary = summarise(settings, wanted)
    assert summary.last_prompt == wanted.begins_with
    assert (summary.exit_code, summary.failed[0].next_step) == (4, "Try again.")
    assert summary.sentence == "support: 3 dates, 1 Failed, 2 not run; $0.00"
    assert [date.to_do for date in plan(reprocess="none").dates] == [False, True, True]


def test_the_purse_holds_for_all_dates_together(home, monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_BACKFILL__MAX_COST_USD", "1")
    settings = load_settings(track="backfill/ab")
    nights = [Night(track="backfill/ab", target="support", run_date=FIRST + timedelta(days=n)) for n in range(3)]
    for night in nights[:2]:
        assert purse_is_empty(settings, nights[2]) == ""
        journal = Journal(settings.database_url("journal"), night)
        journal.keep(str(night.run_date), "agent", "", cost_usd=0.6)
        journal.close()
    assert "$1.20 of $1.00" in purse_is_empty(settings, nights[2])


def test_a_date_knows_only_what_was_said_before_it_was_over(home):
    settings = load_settings()
    load_or_create_salt(settings.home)
    run_id = _turns(settings, "production")[0]["run_id"]
    FeedbackBook(settings.database_url("feedback")).rate(run_id, 5, rated_at=datetime(2026, 10, 5, 20, tzinfo=UTC))
    FeedbackBook(settings.database_url("feedback")).rate(run_id, 1, rated_at=datetime(2026, 10, 6, 1, tzinfo=UTC))
    assert [turn["rating"] for turn in _turns(settings, "production")] == [1]
    assert [turn["rating"] for turn in _turns(settings, "backfill/ab")] == [5]


def _turns(settings, track):
    import duckdb

    night = Night(track=track, target="support", run_date=FIRST)
    start = NightStart(night=night, started_at=NOW, incumbent="v")
    read = (settings.agent_db, "", settings.data, settings.source)
    made = extract.fn(start, settings.window(FIRST, days=1), *read, settings=settings)
    rows = duckdb.sql(f"SELECT run_id, rating FROM '{artifacts(settings).path(made.turns)}'")
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
