"""Which ends of a night are told, and that what can't be raised now is raised later, once."""

from __future__ import annotations

from datetime import date

import pytest
from prefect.states import Completed

from nightschool.errors import BudgetExhausted, PromotionError
from nightschool.records import AlertPolicy, EndState, Lineage, Verdict, version_of
from nightschool.registry import Registry
from nightschool.report import page_of
from nightschool.settings import Settings
from tasks import alert
from tests.unit.registry.nights import SEED, a_night, promoted

NIGHT = a_night()


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Settings(home=tmp_path / "home", target="support")


@pytest.fixture
def raised(monkeypatch):
    """The events that reach Prefect, while it can be reached; set `down` to have it not."""

    class Sent(list):
        down = False

    sent = Sent()

    async def send(events):
        if sent.down:
            raise ConnectionRefusedError("no server")
        sent.extend(events)

    monkeypatch.setattr(alert, "_send", send)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()
    yield sent
    monkeypatch.delenv("PREFECT_API_URL")
    refresh_global_settings_context()


def told(events):
    return [(event.event.removeprefix("nightschool."), event.resource["nightschool.alert"]) for event in events]


async def end(settings, name, night=NIGHT):
    await alert.tell_end(settings, night, Completed(name=name, message="Because."))


@pytest.mark.parametrize(
    ("ended", "event"),
    [
        (EndState.REJECTED, ("promotion.rejected", "yes")),
        (EndState.HELD, ("promotion.held", "yes")),
        (EndState.INVALID, ("promotion.invalid", "yes")),
        (EndState.UNDECIDED, ("promotion.undecided", "no")),
        (EndState.NO_DATA, ("night.no_data", "no")),
    ],
)
async def test_each_end_has_its_event_once(settings, raised, ended, event):
    await end(settings, ended.value)
    await end(settings, ended.value)
    assert told(raised) == [event]
    [sent] = raised
    assert sent.payload["sentence"] == "Because."
    assert (sent.resource["prefect.resource.name"], sent.resource["nightschool.run-date"]) == ("support", "2026-11-21")
    assert sent.resource["nightschool.key"] == f"production/support/2026-11-21/{event[0]}"


async def test_a_promotion_and_a_rollback_are_told_by_the_move(settings, raised):
    with Registry(settings.database_url("registry")) as registry:
        registry.by_hand.adopt("production", "support", "One.", reason="new")
        registry.by_hand.adopt("production", "support", "Two.", reason="newer")
        registry.by_hand.rollback("production", "support", reason="too terse")
    await end(settings, EndState.PROMOTED.value)
    assert told(raised)[-1] == ("promotion.rolled_back", "yes")
    assert raised[-1].payload["sentence"] == "too terse"


async def test_on_another_track_nothing_is_told(settings, raised):
    await end(settings, EndState.REJECTED.value, a_night(track="backfill/1"))
    assert told(raised) == [("promotion.rejected", "no")]


@pytest.mark.parametrize(("error", "first"), [(PromotionError, "promotion.failed"), (BudgetExhausted, "budget.exhausted")])
async def test_what_broke_a_night_is_an_event_and_the_failed_run_is_what_is_told(settings, raised, error, first):
    with pytest.raises(error):
        async with alert.telling(settings, NIGHT):
            raise error("It {broke}.", next_step="Type this.")
    assert told(raised) == [(first, "no"), ("night.failed", "no")]
    assert (raised[0].payload["sentence"], raised[0].payload["next"]) == ("It {broke}.", "Type this.")


async def test_a_bug_is_told_with_the_command_that_goes_on(settings, raised):
    with pytest.raises(ZeroDivisionError):
        async with alert.telling(settings, NIGHT):
            1 / 0  # noqa: B018
    assert raised[-1].payload["next"] == "python -m flows retrain --target support --run-date 2026-11-21"


async def test_what_can_not_be_raised_waits_and_keeps_its_identity(settings, raised):
    raised.down = True
    await end(settings, EndState.REJECTED.value)
    assert raised == []
    raised.down = False
    assert await alert.raise_events(settings) == 1
    assert await alert.raise_events(settings) == 0
    with Registry(settings.database_url("registry")) as registry:
        assert registry.pending("event") == ()


@pytest.mark.parametrize(("policy", "expected"), [("every", "yyyy"), ("never", "nnnn"), ("in_a_row", "nyny")])
async def test_rejections_are_told_as_often_as_the_settings_say(settings, raised, policy, expected):
    settings = settings.model_copy(update={"alerts": AlertPolicy(quiet_nights=policy, in_a_row=2)})
    for day in range(21, 25):
        night = a_night(day)
        with Registry(settings.database_url("registry")) as registry:
            registry.begin(night, SEED)
            other = registry.add_version(f"Prompt {day}.", Lineage(target="support")).version
            lost = Verdict(decision="reject", reason="Because.")
            registry.record_verdict(night, other, version_of(SEED), lost, [])
        await end(settings, EndState.REJECTED.value, night)
    assert "".join(alert_[0] for _, alert_ in told(raised)) == expected


def test_only_an_unbroken_row_counts():
    assert alert.quiet_in_a_row(["reject", "promote", "reject", "hold"]) == 2
    assert alert.quiet_in_a_row(["reject", "undecided"]) == 0
    assert alert.quiet_in_a_row([]) == 0


async def test_a_search_that_its_purse_ended_is_an_event_though_the_night_went_on(settings, raised):
    alert.tell_purse(settings, NIGHT, "10 iterations done")
    alert.tell_purse(settings, NIGHT, "BudgetExhausted: $2.00 of $2.00 is spent")
    await end(settings, EndState.UNDECIDED.value)
    assert told(raised) == [("budget.exhausted", "no"), ("promotion.undecided", "no")]
    assert raised[0].payload["sentence"] == "$2.00 of $2.00 is spent"


async def test_every_event_has_target_run_date_sentence_links_and_next_command(settings, raised):
    page = page_of(NIGHT, settings.home).with_suffix(".html")
    page.parent.mkdir(parents=True)
    page.write_text("The page.")
    with Registry(settings.database_url("registry")) as registry:
        registry.add_version("Better.", Lineage(target="support", run_id="r1"))
        promoted(registry, NIGHT, "Better.")
        registry.by_hand.rollback("production", "support", reason="too terse")
    with pytest.raises(BudgetExhausted):
        async with alert.telling(settings, NIGHT):
            raise BudgetExhausted("Spent.")
    await end(settings, EndState.HELD.value)
    for event in raised:
        assert event.payload["target"] == "support"
        assert date.fromisoformat(event.payload["run_date"])
        assert event.payload["sentence"]
        assert event.payload["next"]
    links = {event.event.split(".")[-1]: event.payload["links"] for event in raised}
    assert links["promoted"]["report"] == links["held"]["report"] == page.as_uri()
    assert links["promoted"]["run"].endswith("/runs/flow-run/r1")
    assert links["rolled_back"] == {"run": "", "report": ""}
