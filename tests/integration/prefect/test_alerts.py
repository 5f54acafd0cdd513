"""A night that goes wrong reaches a person: real server, real rules, a real webhook and a real mail; each cause once."""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.events.filters import EventFilter, EventIDFilter
from prefect.states import Completed, Crashed, Failed, Running

from deployments.automations import set_up_rules
from flows.retrain import retrain
from nightschool.errors import ConfigError, PromotionError
from nightschool.publishing import failures_left
from nightschool.records import AlertPolicy, EndState, Night
from nightschool.registry import Registry
from nightschool.settings import Settings
from tasks.alert import raise_events_now, tell_end, telling
from tasks.parameters import RetrainParameters
from tests.integration.prefect.receiver import DEADLINE_S, Receiver, receiving, receiving_mail

SECONDS = 1 / 3600
CHANNELS = ("custom-webhook/test-team", "slack-webhook/test-mail")
POLICY = AlertPolicy(channels=CHANNELS, no_night_h=25 * SECONDS, hung_after_h=20 * SECONDS)


@pytest.fixture(scope="module")
def both_ends(prefect_harness: str) -> Iterator[tuple[Receiver, Receiver]]:
    """The rules, as `make up` creates them, with a webhook and a mail server of this machine, and their clocks shortened."""
    with receiving() as there, receiving_mail() as mail:
        message = {"subject": "{{subject}}", "body": "{{body}}"}
        webhook = CustomWebhookNotificationBlock(name="test-team", url=there.url, json_data=message)
        webhook.save("test-team", overwrite=True)
        with warnings.catch_warnings():  # Apprise, behind the block, imports what Python 3.13 has no more, if it is there
            warnings.simplefilter("ignore", DeprecationWarning)
            SlackWebhook(url=mail.url).save("test-mail", overwrite=True)
        assert set_up_rules(Settings(alerts=POLICY)) == f"Alerts: 6 rules, told to {', '.join(CHANNELS)}."
        yield there, mail


@pytest.fixture(scope="module")
def receiver(both_ends: tuple[Receiver, Receiver]) -> Receiver:
    """Where the webhook leads to."""
    return both_ends[0]


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver) -> Settings:
    return Settings(home=tmp_path / "home", target="support")


def night(target: str, day: int = 21) -> Night:
    return Night(target=target, run_date=date(2026, 11, day))


@dataclass(frozen=True)
class Life:
    """The states that a run goes through."""

    run_name: str
    states: tuple[State[Any], ...]
    flow_name: str = "retrain"


def runs(*lives: Life) -> list[str]:
    """Runs that go through their states side by side, as the server sees it; their ids.

    Each step waits for the server's events of the one before. A state that follows its forerunner within milliseconds, as that
    of no night does, may overtake it within Prefect, and is then told a quarter of an hour later.
    """
    with get_client(sync_client=True) as client:
        begun = [client.create_flow_run(flow(_nothing, name=life.flow_name), name=life.run_name) for life in lives]
        wait_for_events(client, [run.state_id for run in begun])
        for step in zip_longest(*(life.states for life in lives)):
            moved = [(run, state) for run, state in zip(begun, step, strict=True) if state]
            made = [client.set_flow_run_state(run.id, state, force=True).state for run, state in moved]
            wait_for_events(client, [state.id for state in made if state])
    return [str(run.id) for run in begun]


def _nothing() -> None: ...


def wait_for_events(client: SyncPrefectClient, ids: list[UUID]) -> None:
    """Wait until the server has taken in the events with these ids."""
    deadline = time.monotonic() + DEADLINE_S
    while len(client.read_events(EventFilter(id=EventIDFilter(id=ids)), limit=len(ids)).events) < len(ids):
        assert time.monotonic() < deadline, ids
        time.sleep(0.1)


def test_rules_are_put_once_and_a_missing_channel_is_said(receiver):
    with get_client(sync_client=True) as client:
        before = {rule.name: rule.id for rule in client.read_automations() if rule.name.startswith("nightschool")}
        set_up_rules(Settings(alerts=POLICY))
        after = {rule.name: rule.id for rule in client.read_automations() if rule.name.startswith("nightschool")}
    assert after == before
    assert len(after) == 6
    with pytest.raises(ConfigError, match="slack-webhook/nowhere"):
        set_up_rules(Settings(alerts=AlertPolicy(channels=("slack-webhook/nowhere",))))


def test_runs_that_fail_crash_or_hang_are_told_once(receiver):
    """Also where no code of ours had a chance to say anything."""
    [failed, _, hung, *_] = runs(
        Life("retrain-a-2026-11-21", (Running(), Failed(message="DataError: There is no file shop.db."))),
        Life("retrain-b-2026-11-21", (Running(), Crashed(message="The process is gone."))),
        Life("retrain-c-2026-11-21", (Running(),)),
        Life("retrain-d-2026-11-21", (Running(), Completed(name="NoData", message="Nothing new."))),
        Life("retrain-e-2026-11-21 (backfill)", (Running(), Failed(message="The purse is empty."))),
        Life("backfill-e-2026-11-01-2026-11-21", (Running(), Failed(name="SomeFailed", message="1 failed")), "backfill"),
        Life("approve-e", (Running(), Failed(message="No win of e waits.")), "decide"),
    )
    [told] = receiver.about("retrain-a-2026-11-21 failed")
    runs(Life("retrain-a-2026-11-21", (Running(), Failed(message="DataError: There is no file shop.db, again."))))
    assert "There is no file shop.db." in told["body"]
    assert f"runs/flow-run/{failed}" in told["body"]
    assert f"Next: prefect flow-run retry {failed}" in told["body"]
    [crash] = receiver.about("retrain-b-2026-11-21 crashed")
    assert "The process is gone." in crash["body"]
    [hangs] = receiver.about("retrain-c-2026-11-21 hangs")
    assert f"prefect flow-run cancel {hung}" in hangs["body"]
    assert len(receiver.about("backfill-e-2026-11-01-2026-11-21 somefailed")) == 1
    assert len(receiver.about("approve-e failed")) == 1
    assert len(receiver.about("retrain-a-2026-11-21 failed")) == 1
    assert not receiver._with("retrain-d-2026-11-21")
    assert not receiver._with("retrain-e-2026-11-21"), "the backfill around it is told"


def test_a_real_night_that_breaks_is_told_once_with_its_tags(receiver, prefect_api, tmp_path, monkeypatch):
    gone = tmp_path / "gone.db"
    monkeypatch.setenv("NIGHTSCHOOL_HOME", str(tmp_path / "home"))
    night = RetrainParameters(target="shop", run_date=date(2026, 11, 21), agent="demo.simulated:build_agent", agent_db=str(gone))
    for _ in range(2):
        assert asyncio.run(retrain(night, return_state=True)).is_failed()
    [told] = receiver.about("retrain-shop-2026-11-21 failed")
    assert str(gone) in told["body"]
    run = UUID(told["body"].partition("/runs/flow-run/")[2][:36])
    with get_client(sync_client=True) as client:
        assert {"target:shop", "track:production"} <= set(client.read_flow_run(run).tags)


def test_the_same_is_mailed(both_ends):
    [failed] = runs(Life("retrain-f-2026-11-21", (Running(), Failed(message="DataError: There is no file shop.db."))))
    [mail] = both_ends[1].about("retrain-f-2026-11-21")
    assert (mail["to"], mail["subject"]) == ("team@example.com", "nightschool: retrain-f-2026-11-21 failed")
    assert "There is no file shop.db." in mail["body"]
    assert f"runs/flow-run/{failed}" in mail["body"]


def test_a_silence_is_told(receiver):
    [*told] = receiver.about("no night for")
    assert "No night has ended well" in told[0]["body"]


def test_ends_of_nights_and_moves_by_hand_are_told_once(receiver, settings):
    async def ends() -> None:
        for _ in range(2):
            held = Completed(name=EndState.HELD.value, message="It wins, and a slice loses.")
            await tell_end(settings, night("support"), held)
            await tell_end(settings, night("support", 22), Completed(name="Undecided", message="Not yet sure."))
        await tell_end(settings, night("support", 23), Failed(name="Invalid", message="The judge failed its anchors."))
        with pytest.raises(PromotionError):
            async with telling(settings, night("support", 24)):
                raise PromotionError("Two at once.")

    asyncio.run(ends())
    with Registry(settings.database_url("registry")) as registry:  # as `nightschool rollback` does
        registry.by_hand.adopt("production", "support", "One.", reason="new")
        registry.by_hand.adopt("production", "support", "Two.", reason="newer")
        registry.by_hand.rollback("production", "support", reason="too terse")
        with pytest.raises(PromotionError), failures_left(registry, settings):  # as where its publisher fails
            raise PromotionError("Promoted, but not published: support (file: disk full).", next_step="Mend that.")
    raise_events_now(settings)

    [unpublished] = receiver.about("support failed")
    assert "support (file: disk full)" in unpublished["body"]
    assert "Next: Mend that." in unpublished["body"]
    [back] = receiver.about("support rolled back")
    assert "too terse" in back["body"]
    [held] = receiver.about("support held 2026-11-21")
    assert "a slice loses" in held["body"]
    assert "Next: nightschool approve --target support" in held["body"]
    [invalid] = receiver.about("support invalid 2026-11-23")
    assert "failed its anchors" in invalid["body"]
    assert not receiver._with("Not yet sure"), "an undecided night is a normal night"
    assert not receiver._with("Two at once"), "its failed run is what is told"
