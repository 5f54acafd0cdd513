"""The bar of a search: what it takes at most, and how far it is."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from nightschool.preflight.estimate import Sizes, bound_of
from nightschool.records import GradingPolicy, ModelPolicy, SearchPolicy
from tasks import progress
from tests.unit.registry.nights import a_night

SEARCH = SearchPolicy(
    max_iterations=2, beam_width=2, branch_factor=3, edits=("critique",), races=(), gradient_batch_size=4, screen_size=0
)


@pytest.mark.parametrize("screen_size", [0, 8])
def test_without_races_and_with_a_screen_it_is_the_upper_bound_of_the_dry_run(screen_size):
    sizes = Sizes(train=100, validation=40, examined=0, calls_of_a_rollout=1)
    search = SEARCH.model_copy(update={"screen_size": screen_size})
    assert progress.planned_rollouts(search, 100, 40) == bound_of(sizes, search, GradingPolicy(), ModelPolicy()).rollouts


def test_the_worse_half_of_a_race_stops():
    # The seed on 40; then 12 critiqued rollouts and 3 children, on 10 and the better 2 on 30 more; then twice as many.
    raced = SEARCH.model_copy(update={"races": (10,)})
    assert progress.planned_rollouts(raced, 100, 40) == 40 + (12 + 3 * 10 + 2 * 30) + (24 + 6 * 10 + 3 * 30)


@pytest.fixture
def shown(monkeypatch):
    """What Prefect is told, in percent and words; set `down` to have it not answer."""

    class Shown(list):
        down = False
        news = asyncio.Event()

        async def until(self, percent):
            while not self or self[-1][1] != percent:
                self.news.clear()
                await self.news.wait()

    told = Shown()

    async def create(percent, key, description):
        if told.down:
            raise httpx.ConnectError("no server")
        told.append((key, percent, description))
        told.news.set()
        return key

    async def update(bar, percent, description):
        told.append((bar, percent, description))
        told.news.set()

    monkeypatch.setattr(progress.runtime.flow_run, "id", "a run", raising=False)
    monkeypatch.setattr(progress, "acreate_progress_artifact", create)
    monkeypatch.setattr(progress, "aupdate_progress_artifact", update)
    monkeypatch.setattr(progress, "EVERY_S", 0)
    return told


async def test_the_bar_follows_the_search_and_is_full_in_the_end(shown):
    done = 0
    async with progress.progress_bar(a_night(), 80, lambda: done):
        await shown.until(0.0)
        done = 20
        await shown.until(25.0)
    keys, percents, words = zip(*shown, strict=True)
    assert set(keys) == {"progress-production-support-2026-11-21"}
    assert (percents[0], percents[-1]) == (0.0, 100.0)
    assert words[-1] == "20 of at most 80 rollouts of the search of support"


async def test_a_search_that_breaks_leaves_the_bar_where_it_was(shown):
    async def breaks():
        async with progress.progress_bar(a_night(), 80, lambda: 20):
            await shown.until(25.0)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await breaks()
    assert shown[-1][1] == 25.0


async def test_without_a_server_the_search_goes_on(shown):
    shown.down = True
    async with progress.progress_bar(a_night(), 80, lambda: 0):
        pass
    assert shown == []
