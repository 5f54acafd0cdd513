"""A search that shares its rollouts: others do them, each counts once, and the budget is one."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from nightschool.children import free_port
from nightschool.errors import ConfigError
from nightschool.records import BudgetPolicy
from nightschool.training import attach, sharing_at
from nightschool.training.sharing import Sharing
from tests.integration.training.shared_desk import COST_USD, Desk, runners, searched

ROLLOUTS = 40
SHOWN = 4
"""Training rollouts that the search shows to its edits."""


class Place:
    """A folder with a night's desk, and desks of those who help it."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.asked = folder / "journal.db", folder / "asked"
        self.asked.touch()
        self.sharing = Sharing("127.0.0.1", free_port())
        self._open: list[Desk] = []

    def desk(self, latency_s: float = 0.05, budget: BudgetPolicy | None = None) -> Desk:
        self._open.append(Desk(self.journal, self.asked, latency_s, budget))
        return self._open[-1]

    def helper(self, latency_s: float = 0.02, *, token: str = "", journal: Path | None = None) -> asyncio.Task[None]:
        @contextlib.asynccontextmanager
        async def open_night(_night):
            yield Desk(journal or self.journal, self.asked, latency_s)

        return asyncio.create_task(attach(f"http://127.0.0.1:{self.sharing.port}", token, open_night, n_runners=4))

    def rollouts(self) -> Counter[str]:
        """How often each was really run, in all processes."""
        return Counter(line.split()[0] for line in self.asked.read_text().splitlines())

    async def have_run(self, number: int) -> None:
        while len(self.rollouts()) < number:  # noqa: ASYNC110 - other processes write the file
            await asyncio.sleep(0.01)

    def close(self) -> None:
        for desk in self._open:
            desk.close()


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr("nightschool.training.lightning.attached.AWAY_S", 0.02)
    made = Place(tmp_path)
    yield made
    made.close()


async def ended(helper: asyncio.Task[None]) -> None:
    helper.cancel()
    await asyncio.gather(helper, return_exceptions=True)


async def test_others_do_rollouts_and_each_counts_once(place, caplog):
    caplog.set_level("INFO", logger="nightschool")
    desk, helper = place.desk(), place.helper()
    result = await searched(desk, place.sharing, rollouts=ROLLOUTS, n_runners=1)
    await ended(helper)
    assert result.rollouts == ROLLOUTS + SHOWN
    assert result.seed.mean_reward == 0.5
    assert desk.finished > 0, "nobody else did any"
    assert place.rollouts() == Counter(dict.fromkeys(place.rollouts(), 1))
    assert desk.meter.spent.calls == {"agent": ROLLOUTS + SHOWN}
    assert desk.meter.cost_usd == pytest.approx(COST_USD * (ROLLOUTS + SHOWN))
    assert "take rollouts of this search" in caplog.text


async def test_what_a_stopped_process_had_is_done_by_others(place):
    """Given back at once: nobody waits for it to be taken for dead."""
    desk, leaving = place.desk(), place.helper(latency_s=600)
    searching = asyncio.create_task(searched(desk, place.sharing, rollouts=ROLLOUTS, n_runners=1))
    await place.have_run(5)
    await ended(leaving)
    assert (await searching).rollouts == ROLLOUTS + SHOWN
    assert set(place.rollouts().values()) == {1}


async def test_what_a_silent_process_has_goes_to_others(place, monkeypatch):
    monkeypatch.setattr("nightschool.training.lightning.sharing.LOST_S", 0.5)
    monkeypatch.setattr("nightschool.training.lightning.sharing.LOOK_S", 0.05)
    desk, silent = place.desk(), place.helper(latency_s=2)
    result = await searched(desk, place.sharing, rollouts=ROLLOUTS, n_runners=1)
    await ended(silent)
    assert result.rollouts == ROLLOUTS + SHOWN
    assert desk.meter.spent.calls["agent"] <= ROLLOUTS + SHOWN


async def test_nobody_gets_a_rollout_beyond_the_budget(place):
    desk, helper = place.desk(budget=BudgetPolicy(max_calls=20)), place.helper()
    result = await searched(desk, place.sharing, rollouts=ROLLOUTS, n_runners=1)
    await ended(helper)
    assert result.stopped.startswith("BudgetExhausted")
    assert sum(place.rollouts().values()) <= 20


async def test_a_process_with_another_journal_is_told_so_and_the_night_goes_on(place, tmp_path):
    stranger = place.helper(journal=tmp_path / "another.db")
    result = await searched(place.desk(), place.sharing, rollouts=ROLLOUTS, n_runners=1)
    with pytest.raises(ConfigError, match="another journal"):
        await stranger
    assert result.rollouts == ROLLOUTS + SHOWN


@pytest.mark.parametrize(("token", "helped"), [("right", True), ("wrong", False)])
async def test_only_who_knows_the_token_gets_rollouts(place, token, helped):
    place.sharing = Sharing("127.0.0.1", place.sharing.port, "right")
    desk, helper = place.desk(), place.helper(token=token)
    await searched(desk, place.sharing, rollouts=ROLLOUTS, n_runners=1)
    await ended(helper)
    assert (desk.finished > 0) is helped


async def test_an_address_that_is_taken_makes_the_search_go_on_alone(place, caplog):
    host, port = "127.0.0.1", place.sharing.port
    other = await asyncio.start_server(lambda *_: None, host, port)
    async with other:
        result = await searched(place.desk(), place.sharing, rollouts=ROLLOUTS, n_runners=8)
    assert result.rollouts == ROLLOUTS + SHOWN
    assert "all done here" in caplog.text


def test_beyond_this_machine_a_token_is_needed():
    assert sharing_at("", "") is None
    assert sharing_at("127.0.0.1:4748", "") == Sharing("127.0.0.1", 4748)
    assert sharing_at("0.0.0.0:4748", "secret") == Sharing("0.0.0.0", 4748, "secret")
    for wrong in ("0.0.0.0:4748", "4748", "here:there"):
        with pytest.raises(ConfigError):
            sharing_at(wrong, "")


# Three processes: what takes a minute


LATENCY_S = 1.0


async def rate(place: Place, folder: Path, helpers: int, rollouts: int, kill_after: int = 0) -> float:
    """Rollouts a second of a search with 8 runners of its own and so many processes of 8 runners, from the first third on."""
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(runners(place.journal, place.asked, LATENCY_S, place.sharing.port, log=folder / f"{number}.log"))
            for number in range(helpers)
        ]
        searching = asyncio.create_task(searched(place.desk(LATENCY_S), place.sharing, rollouts=rollouts))
        await place.have_run(kill_after)
        if kill_after:
            started[0].process.kill()
            killed_at = time.time()
        assert (await searching).rollouts == rollouts + SHOWN
    times = sorted(float(line.split()[1]) for line in place.asked.read_text().splitlines())
    if kill_after:
        return max(times) - killed_at
    middle = times[len(times) // 3 : -24]
    return (len(middle) - 1) / (middle[-1] - middle[0])


@pytest.mark.drill
async def test_three_processes_give_two_and_a_half_times_the_rollouts_of_one(tmp_path, capsys):
    rates = {}
    for helpers in (0, 2):
        folder = tmp_path / str(helpers)
        folder.mkdir()
        place = Place(folder)
        rates[helpers + 1] = await rate(place, folder, helpers, rollouts=160 * (helpers + 1))
        assert set(place.rollouts().values()) == {1}
        place.close()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{rates[1]:.1f} rollouts a second with one process, {rates[3]:.1f} with three: {rates[3] / rates[1]:.2f} times\n"
        )
    assert rates[3] >= 2.5 * rates[1]


@pytest.mark.drill
async def test_a_killed_process_loses_nothing_and_nothing_counts_twice(tmp_path, capsys):
    place = Place(tmp_path)
    after_s = await rate(place, tmp_path, 2, rollouts=320, kill_after=120)
    place.close()
    counts = place.rollouts()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(counts)} rollouts, {sum(counts.values()) - len(counts)} run twice; done {after_s:.0f} s after the kill\n"
        )
    assert len(counts) == 320 + SHOWN
    assert set(counts.values()) == {1}
