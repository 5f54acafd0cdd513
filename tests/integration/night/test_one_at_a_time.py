"""One run of a target at a time on a real server: the second waits, or ends with a sentence."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from flows import retrain as module
from nightschool.registry import leases
from nightschool.registry.leases import lease
from tasks.parameters import RetrainParameters
from tests.integration.night.conftest import FIRST_DAY, TARGET

QUIET = FIRST_DAY - timedelta(days=30)


async def retrain_once():
    return await module.retrain(RetrainParameters(run_date=QUIET, days=1), return_state=True)


@pytest.fixture
def a_home(new_home, monkeypatch, prefect_harness):
    home = new_home()
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    return home


async def test_a_run_that_finds_another_one_ends_where_the_settings_say_so(a_home, monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_OPERATIONS__WHEN_BUSY", "end")
    async with lease(f"sqlite:///{a_home.path / 'registry.db'}", "production", TARGET, wait=True, tell=print):
        skipped = await retrain_once()
    assert (skipped.name, skipped.is_completed()) == ("Skipped", True)
    assert "support on production is being worked on by process" in skipped.message
    assert (await retrain_once()).name == "NoData"


async def test_two_runs_at_once_take_turns(a_home, monkeypatch):
    seen = []
    night = module._alone

    async def watched(*given):
        seen.append("begins")
        ended = await night(*given)
        await asyncio.sleep(0)
        seen.append("ended")
        return ended

    monkeypatch.setattr(module, "_alone", watched)
    monkeypatch.setattr(leases, "LOOK_AGAIN_S", 0)
    states = await asyncio.gather(retrain_once(), retrain_once())
    assert [state.name for state in states] == ["NoData", "NoData"]
    assert seen == ["begins", "ended"] * 2
