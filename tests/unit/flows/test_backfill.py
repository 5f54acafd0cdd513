"""The order of a backfill's dates, what a failed one changes, and what becomes of its last prompt; nights are played."""

import asyncio
from datetime import date, timedelta

import pytest
from prefect.logging import disable_run_logger
from prefect.states import Completed, Failed

from flows import backfill as module
from nightschool.errors import ConfigError, LLMError
from nightschool.registry import Registry
from nightschool.settings import load_settings
from tasks.backfill_parameters import BackfillParameters
from tests.small_desk import move_in, say

FIRST = date(2026, 10, 1)
DATES = [FIRST + timedelta(days=n) for n in range(3)]


@pytest.fixture
def play(tmp_path, monkeypatch):
    """Run a backfill whose nights are played by a coroutine of (target, run_date, track); the flow's state."""
    move_in(tmp_path, monkeypatch, [date(2026, 10, 10)])

    async def shown(*_):
        return None

    monkeypatch.setattr(module, "show_plans", shown)
    monkeypatch.setattr(module, "show_summary", shown)

    def run(night, **given):
        async def retrain(parameters, *, return_state):
            assert return_state
            return await night(parameters.target, parameters.run_date, parameters.advanced.track)

        monkeypatch.setattr(module, "retrain", retrain)
        wanted = BackfillParameters.model_validate({"start": DATES[0], "end": DATES[-1], "days": 1} | given)
        with disable_run_logger():
            return asyncio.run(module.backfill.fn(wanted))

    return run


def breaking(error, *dates, seen):
    """Nights of which those of some dates break."""

    async def night(target, run_date, track):
        seen.append(run_date)
        return Failed(data=error, message=str(error)) if run_date in dates else Completed(name="NoData")

    return night


@pytest.mark.parametrize(("limit", "most"), [("2", 2), ("1", 1)])
def test_dates_run_in_order_and_targets_side_by_side_up_to_a_limit(play, monkeypatch, limit, most):
    monkeypatch.setenv("NIGHTSCHOOL_BACKFILL__TARGETS_AT_ONCE", limit)
    running, at_once, seen = set(), [], []

    async def night(target, run_date, track):
        assert target not in running, "two dates of one target at once"
        running.add(target)
        seen.append((target, run_date))
        for _ in range(50):
            await asyncio.sleep(0)
            at_once.append(len(running))
        running.remove(target)
        return Completed(name="NoData")

    assert play(night, targets=["sales", "support"]).name == "Done"
    assert max(at_once) == most
    for target in ("sales", "support"):
        assert [run_date for of, run_date in seen if of == target] == DATES


def test_after_a_failed_date_the_rest_goes_on_and_the_run_fails(play):
    seen = []
    ended = play(breaking(LLMError("The judge is down."), DATES[0], seen=seen))
    assert seen == DATES
    assert (ended.name, ended.is_failed()) == ("SomeFailed", True)
    assert "2 NoData, 1 Failed" in ended.message


@pytest.mark.parametrize(
    ("error", "given"),
    [(LLMError("The judge is down."), {"on_failure": "stop"}), (ConfigError("No such model."), {})],
    ids=["where it is to stop", "where no later date would do better"],
)
def test_a_failed_date_can_be_the_last_and_is_gone_on_with_there(play, error, given):
    seen = []
    ended = play(breaking(error, DATES[1], seen=seen), **given)
    assert seen == DATES[:2]
    assert f"Stopped after {DATES[1]}" in ended.message
    assert play(breaking(error, seen=seen), **given).name == "Done"
    assert seen == [*DATES[:2], *DATES[1:]]
    assert play(breaking(error, seen=seen), reprocess="none").name == "Done"
    assert len(seen) == 4


def test_without_money_left_no_further_date_begins(play, monkeypatch):
    monkeypatch.setattr(module, "purse_is_empty", lambda _, night: "The purse is empty." if night.run_date == DATES[1] else "")
    seen = []
    assert "The purse is empty." in play(breaking(None, seen=seen)).message
    assert seen == DATES[:1]


def promoting(seen):
    """Nights that promote a prompt on their track."""

    async def night(target, run_date, track):
        seen.append((track.partition("/")[0], run_date))
        if track != "production":
            with Registry(load_settings().database_url("registry")) as book:
                book.by_hand.adopt(track, target, f"Better since {run_date}.", reason="played")
        return Completed(name="Rejected", message="Reject: because.")

    return night


def test_the_last_prompt_goes_to_productions_gate_at_once_where_it_can(play, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "waits", lambda *_: False)  # its night opened its test
    ended = play(promoting(seen), promote_last=True)
    assert seen[-1][0] == "production"
    assert seen[-1][1] > DATES[-1]
    assert "went to production's gate at once" in ended.message
    with Registry(load_settings().database_url("registry")) as book:
        sent = book.backfills.waiting("support")
        assert book.version(sent.challenger).text == f"Better since {DATES[-1]}."
    assert sent.seen_until == load_settings().window(DATES[-1], days=1).end


def test_else_it_waits_for_the_coming_nights_and_the_summary_says_why(play, tmp_path):
    seen = []
    say(tmp_path, DATES[:2])
    ended = play(promoting(seen), promote_last=True)
    assert "next challenger, over the coming nights: there is no conversation yet that is newer" in ended.message
    assert {track for track, _ in seen} == {"backfill"}


def test_where_that_night_could_not_examine_it_the_summary_says_so(play):
    seen = []
    ended = play(promoting(seen), promote_last=True)
    assert seen[-1][0] == "production"
    assert f"over the coming nights: the night of {seen[-1][1]} could not examine it: Rejected. Reject: because." in ended.message
    assert "at once" not in ended.message


def test_without_a_promotion_nothing_is_sent(play):
    ended = play(breaking(None, seen=[]), promote_last=True)
    assert "Nothing was sent to production: no date promoted a prompt" in ended.message
    assert "Nothing was sent" not in play(breaking(None, seen=[])).message
