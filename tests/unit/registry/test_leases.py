"""One run at a time for each target on a track: the second waits, or ends with a sentence."""

import asyncio

import pytest

from nightschool.claims import Claims
from nightschool.databases import open_engine
from nightschool.errors import Busy
from nightschool.registry import leases
from nightschool.registry.leases import held_on, lease, require_free

HERE = ("production", "support")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(leases, "LOOK_AGAIN_S", 0)


async def test_of_two_runs_of_one_target_the_second_begins_when_the_first_has_ended(url):
    said, done = [], []
    first_has_it, second_waits = asyncio.Event(), asyncio.Event()

    async def first():
        async with lease(url, *HERE, wait=True, tell=said.append):
            first_has_it.set()
            await second_waits.wait()
            done.append("first")

    def tell(message):
        said.append(message)
        second_waits.set()

    async def second():
        await first_has_it.wait()
        async with lease(url, *HERE, wait=True, tell=tell):
            done.append("second")

    async with asyncio.timeout(60):
        await asyncio.gather(first(), second())
    assert done == ["first", "second"]
    assert len(said) == 1
    assert "support on production is being worked on by process" in said[0]


async def test_a_run_that_does_not_wait_is_told_who_is_at_work(url):
    async with lease(url, *HERE, wait=True, tell=print):
        with pytest.raises(Busy, match=r"support on production is being worked on by process .*; nothing was done") as refused:
            async with lease(url, *HERE, wait=False, tell=print):
                pass
        with pytest.raises(Busy):
            require_free(url, *HERE)
    assert refused.value.exit_code == 0
    require_free(url, *HERE)


async def test_other_targets_and_tracks_are_free(url):
    async with lease(url, *HERE, wait=True, tell=print):
        for elsewhere in (("production", "support/math"), ("backfill/ab12", "support")):
            async with lease(url, *elsewhere, wait=False, tell=print):
                pass


async def test_a_run_that_fails_frees_its_target(url):
    with pytest.raises(OSError, match="down"):
        async with lease(url, *HERE, wait=True, tell=print):
            raise OSError("down")
    require_free(url, *HERE)


async def test_it_is_known_whether_anybody_works_on_a_track(url):
    assert held_on(url, "production") == ""
    async with lease(url, "backfill/ab12", "support", wait=True, tell=print):
        assert held_on(url, "production") == ""
        async with lease(url, *HERE, wait=True, tell=print):
            assert held_on(url, "production").startswith("process ")


async def test_what_is_left_of_another_machine_is_waited_for_until_it_lapses(url, tmp_path):
    require_free(url, *HERE)
    engine = open_engine(url)
    theirs = Claims(engine, "registry_leases", lapse_s=-1.0)
    theirs._me = "elsewhere/1/x"
    theirs.take("production support")
    theirs.close()
    engine.dispose()
    async with lease(url, *HERE, wait=False, tell=print):
        pass
