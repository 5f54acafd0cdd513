"""A backfill of five dates in the simulated world: interrupted in the third one, and gone on with."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterTags

from demo.simulated import SEED_PROMPT
from nightschool.llm import Journal
from nightschool.records import GateIdentity, Lineage, Night
from nightschool.report.backfill import read_summary
from nightschool.simulator import SimulatorSettings, start_in_thread
from tasks.tags import OF_BACKFILL
from tests.integration.night.conftest import TARGET, Desk, Home, environment_of
from tests.simulated_desk import write_day

FIRST = date(2026, 10, 5)
DATES = [FIRST + timedelta(days=n) for n in range(5)]
QUIET = (DATES[1], DATES[3])
"""Days on which nobody asked anything."""
SESSIONS = 60
BETTER = "Answer with the bare result, nothing around it. Use the calculator."
LATER = "Its last prompt is production's next challenger, over the coming nights"
RUNNERS = 8
SMALL = {
    "NIGHTSCHOOL_SEARCH__MAX_ITERATIONS": "1",
    "NIGHTSCHOOL_SEARCH__BEAM_WIDTH": "1",
    "NIGHTSCHOOL_SEARCH__BRANCH_FACTOR": "1",
    "NIGHTSCHOOL_SEARCH__RACES": "[4]",
    "NIGHTSCHOOL_SEARCH__SCREEN_SIZE": "0",
    "NIGHTSCHOOL_SEARCH__EDITS": '["critique"]',
    "NIGHTSCHOOL_SEARCH__N_RUNNERS": str(RUNNERS),
    "NIGHTSCHOOL_DATA__MIN_TRAIN": "10",
    "NIGHTSCHOOL_DATA__MIN_VALIDATION": "4",
    "NIGHTSCHOOL_DATA__MIN_HELD_OUT": "4",
    "NIGHTSCHOOL_DATA__PLAUSIBLE_GAIN": "1.0",
    "NIGHTSCHOOL_GATE__YEARLY_FALSE_PROMOTIONS": "12",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Three days of conversations with quiet ones between them, rated on the day, and a simulator of its own."""
    folder = tmp_path_factory.mktemp("backfill")
    feedback = folder / "feedback.db"
    for day in DATES:
        if day not in QUIET:
            write_day(folder / "agno.db", f"sqlite:///{feedback}", day, sessions=SESSIONS)
            _rated_on(feedback, day)
    with start_in_thread(SimulatorSettings(seed=1)) as endpoint:
        environment = environment_of(folder / "agno.db", endpoint) | SMALL
        yield Home(folder, Desk(folder / "agno.db", feedback, endpoint, environment))


def _rated_on(feedback, day):
    """What was rated just now was rated in the evening of the day."""
    evening = datetime(day.year, day.month, day.day, 20, tzinfo=UTC).replace(tzinfo=None)
    with contextlib.closing(sqlite3.connect(feedback)) as connection, connection:
        connection.execute("UPDATE nightschool_feedback SET rated_at = ? WHERE rated_at > '2026-11'", [f"{evening}.000000"])


def run(home, **given):
    """The flow in this process, to its end."""
    return asyncio.run(_flow(home, **given))


async def _flow(home, **given):
    from flows.backfill import backfill
    from tasks.backfill_parameters import BackfillParameters

    parameters = BackfillParameters.model_validate({"start": DATES[0], "end": DATES[-1], "days": 1} | given)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in home.environment.items():
            patch.setenv(name, value)
        return await backfill(parameters, return_state=True)


def dates_of(home):
    """What the registry knows of the dates, and on which track."""
    with home.registry() as registry:
        (track,) = {track for track, _ in registry.targets() if track.startswith("backfill/")} or {""}
        return track, registry.backfills.dates(track, TARGET)


async def _interrupted_in(home, run_date):
    """Run until the model is asked in the night of this date, and no further."""
    running = asyncio.create_task(_flow(home))
    asked = 0
    while True:
        await asyncio.sleep(0.05)
        assert not running.done(), running.result()
        begun = [one for one in dates_of(home)[1] if one.night.run_date == run_date]
        assert not any(one.has_ended for one in begun), f"{run_date} asked nothing: {begun}"
        if not begun:
            asked = home.desk.counts()["total"]
        elif home.desk.counts()["total"] > asked:
            break
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.fixture(scope="module")
def resumed(home, prefect_harness):
    """Interrupted in the third date, then run again; what was known in between, and how it ended."""
    asyncio.run(_interrupted_in(home, DATES[2]))
    between = dates_of(home)[1]
    return between, run(home)


def journaled_calls(home, track):
    calls = 0
    for run_date in DATES:
        journal = Journal(f"sqlite:///{home.path / 'journal.db'}", Night(track=track, target=TARGET, run_date=run_date))
        calls += journal.spent().total_calls
        journal.close()
    return calls


def test_an_interrupted_backfill_goes_on_and_asks_nothing_twice(home, resumed):
    between, state = resumed
    assert [one.has_ended for one in between] == [True, True, False]
    track, dates = dates_of(home)
    assert state.name == "Done", state.message
    assert [one.night.run_date for one in dates] == DATES
    assert all(one.has_ended and not one.has_failed for one in dates)
    assert dates[:2] == between[:2], "what was done was done again"
    assert dates[1].state == "NoData"
    # What was in flight when it was interrupted, each with its tool call and grade.
    assert home.desk.counts()["total"] - journaled_calls(home, track) <= 3 * RUNNERS


def test_each_date_starts_from_what_the_one_before_left(home, resumed):
    _, dates = dates_of(home)
    for before, after in pairwise(dates):
        assert after.incumbent == before.served_after
    assert any(one.llm_calls for one in dates)


def test_the_runs_of_its_dates_have_names_that_the_alert_rules_leave_out(home, resumed):
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[OF_BACKFILL])))
    assert {run.name for run in runs} >= {f"retrain-{TARGET}-{run_date} (backfill)" for run_date in DATES}


def test_the_tags_of_its_dates_say_how_each_ended_and_its_own_name_says_the_range(home, resumed):
    track, dates = dates_of(home)
    of_track = FlowRunFilter(tags=FlowRunFilterTags(all_=[OF_BACKFILL, f"track:{track}", f"target:{TARGET}"]))
    with get_client(sync_client=True) as client:
        inside = client.read_flow_runs(flow_run_filter=of_track)
        (around,) = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[resumed[1].state_details.flow_run_id]))
        )
    verdicts = {run.name: {tag for tag in run.tags if tag.startswith("verdict:")} for run in inside if run.state.is_completed()}
    assert verdicts == {f"retrain-{TARGET}-{one.night.run_date} (backfill)": {f"verdict:{one.state}"} for one in dates}
    assert around.name == f"backfill-{TARGET}-{DATES[0]}-{DATES[-1]}"


def test_production_is_not_touched(home, resumed):
    with home.registry() as registry:
        assert registry.incumbent("production", TARGET) is None
        assert registry.history("production", TARGET) == ()
        assert registry.version(dates_of(home)[1][0].incumbent).text == SEED_PROMPT
    assert not (home.path / "served").exists()


def test_the_summary_has_every_date_a_picture_and_the_cost(home, resumed):
    track, dates = dates_of(home)
    summary = read_summary(track, TARGET, home.path)
    assert summary.dates == dates
    assert summary.cost_usd == pytest.approx(sum(one.cost_usd for one in dates))
    page = next((home.path / "reports").glob("backfill.*-support.md")).read_text()
    assert all(str(run_date) in page for run_date in DATES)
    assert page.count("](backfill.") == 1
    assert next((home.path / "reports").glob("backfill.*.svg")).read_text().count("<circle") >= len(DATES)


def test_what_is_done_is_skipped_and_a_later_end_goes_on(home, resumed):
    asked = home.desk.counts()["total"]
    assert run(home).name == "Done"
    assert run(home, dry_run=True).name == "Planned"
    assert home.desk.counts()["total"] == asked
    longer = run(home, end=DATES[-1] + timedelta(days=1))
    assert "3 NoData" in longer.message, longer.message
    assert home.desk.counts()["total"] == asked
    assert [one.night.run_date for one in dates_of(home)[1]][:5] == DATES


def calls_for_search(home):
    return {role: home.desk.counts().get(role, 0) for role in ("critic", "editor")}


def note_of(home):
    """What the summary says of the last prompt, after the same backfill again with `--promote-last`."""
    asked = home.desk.counts()["total"]
    ended = run(home, promote_last=True)
    [note] = read_summary(dates_of(home)[0], TARGET, home.path).notes
    assert note in ended.message
    return note, home.desk.counts()["total"] - asked


@pytest.fixture
def last(home, resumed):
    """The prompt that the track ends with; one that a person wrote, where none of the few questions promoted one."""
    track, _ = dates_of(home)
    with home.registry() as registry:
        if registry.incumbent(track, TARGET).text == SEED_PROMPT:
            registry.by_hand.adopt(track, TARGET, BETTER, reason="stands for a promotion")
        return registry.incumbent(track, TARGET).version


def test_while_a_test_of_production_is_open_the_last_prompt_waits(home, last):
    """Of another prompt, as a night that could not decide left it."""
    night = Night(target=TARGET, run_date=DATES[-1])
    with home.registry() as registry:
        incumbent = registry.begin(night, SEED_PROMPT).incumbent
        other = registry.add_version("Another prompt.", Lineage()).version
        terms = {"horizon": 60, "unit": "session", "yearly": 12.0}
        test = registry.tests.open(night, other, incumbent, GateIdentity(), **terms)
    assert note_of(home) == (f"{LATER}: the test of {other} is open.", 0)
    with home.registry() as registry:
        registry.tests.plan(test, night, ["a session"])
        registry.tests.settle(test.test_id, night, "reject", "it ends here")


def test_the_last_prompt_waits_for_sessions_that_it_has_not_seen_and_then_is_examined_at_once(home, last):
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    feedback = f"sqlite:///{home.desk.feedback}"
    searched = calls_for_search(home)

    note, calls = note_of(home)
    assert (note.partition(":")[0], calls) == (LATER, 0)
    assert "no conversation yet that is newer" in note

    write_day(home.desk.database, feedback, yesterday, sessions=2)
    note, calls = note_of(home)
    assert note.startswith(f"{LATER}: the night of {yesterday} could not examine it: NoData. "), note
    assert calls == 0
    with home.registry() as registry:
        assert registry.backfills.waiting(TARGET).challenger == last
        assert all(test.challenger != last for test in registry.tests.of_target("production", TARGET))

    write_day(home.desk.database, feedback, yesterday, sessions=SESSIONS, seed=2)
    note, calls = note_of(home)
    assert note.startswith(f"Its last prompt went to production's gate at once, in the night of {yesterday}: "), note
    told = home.report(yesterday)
    assert note.endswith(f"{told.end_state}. {told.verdict.reason}")
    assert told.pairs
    assert calls > 0
    assert calls_for_search(home) == searched, "its night searched"
    with home.registry() as registry:
        assert last in {test.challenger for test in registry.tests.of_target("production", TARGET)}
