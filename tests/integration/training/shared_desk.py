"""A search whose rollouts take a second, shared with processes of runners; what each rollout was asked is counted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

from nightschool.children import spawn
from nightschool.llm import Journal, Meter
from nightschool.records import BudgetPolicy, Example, Night, Rollout, SearchPolicy, SearchResult, version_of
from nightschool.training.beam import BeamSearch
from nightschool.training.sharing import Sharing
from tests.unit.training.worlds import examples

NIGHT = Night(track="production", target="support", run_date=date(2026, 11, 22))
COST_USD = 0.001


class Desk:
    """Stands for an evaluator: waits, answers, pays, and writes a line of each rollout into a file."""

    def __init__(self, journal: str, asked: Path, latency_s: float, budget: BudgetPolicy | None = None) -> None:
        self.meter = Meter(budget or BudgetPolicy())
        self.finished = 0
        self._slots = asyncio.Semaphore(8)
        self._journal = Journal(journal, NIGHT)
        self._asked = asked
        self._latency_s = latency_s

    async def run(self, prompt: str, example: Example, *, sample: int = 0) -> Rollout:
        key = self._journal.key("rollout", prompt, example.example_id, sample)
        async with self._slots, self._journal.claimed(key) as kept:
            if kept is not None:
                return Rollout.model_validate_json(kept)
            with self.meter.room("agent", cost_usd=COST_USD):
                await asyncio.sleep(self._latency_s)
                self.meter.count("agent", COST_USD, tokens=10)
            with self._asked.open("a") as file:
                file.write(f"{key} {time.time()}\n")
            said = ({"role": "user", "content": example.question}, {"role": "assistant", "content": "here"})
            done = Rollout(example_id=example.example_id, prompt_version=version_of(prompt), reward=0.5, messages=said)
            self._journal.keep(key, "rollout", done.model_dump_json(), cost_usd=COST_USD)
            return done

    def announce(self) -> None:
        self._journal.keep(self._journal.key("terms"), "terms", "announced", calls=0)

    def agrees(self) -> bool:
        return self._journal.find(self._journal.key("terms")) is not None

    def close(self) -> None:
        self._journal.close()


async def searched(desk: Desk, sharing: Sharing | None, *, rollouts: int, n_runners: int = 8) -> SearchResult:
    """Rank the seed prompt on so many examples."""
    from nightschool.training.lightning.trainer import train_with_agentlightning

    way = BeamSearch(SearchPolicy(max_iterations=1, races=(rollouts,)), [], seed=1)
    sets = (examples(4), examples(rollouts, first=10))
    return await train_with_agentlightning(
        way, "Be {kind}.", *sets, evaluator=desk, n_runners=n_runners, night=NIGHT, sharing=sharing
    )


@contextlib.contextmanager
def runners(journal: str, asked: Path, latency_s: float, port: int, *, token: str = "", log: Path):
    """A process of 8 runners."""
    command = [sys.executable, "-m", "tests.integration.training.shared_desk"]
    arguments = [journal, str(asked), str(latency_s), str(port), token or "-"]
    with spawn([*command, *arguments], log=log) as child:
        yield child


async def _attached(journal: str, asked: str, latency_s: str, port: str, token: str) -> None:
    from nightschool.training import attach

    @contextlib.asynccontextmanager
    async def open_night(_night: Night) -> AsyncIterator[Desk]:
        desk = Desk(journal, Path(asked), float(latency_s))
        yield desk
        desk.close()

    await attach(f"http://127.0.0.1:{port}", token.strip("-"), open_night, n_runners=8)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(_attached(*sys.argv[1:]))
