"""Our own overhead: rollouts a second at zero latency, with Agno in the loop, and memory over many rollouts.

Beside it the same agent asked the same questions by Agno alone, because processor times depend on what else runs.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.training_desk import SEED_PROMPT, sets_of, simulator, tools_at
from nightschool.records import Candidate, Example, SearchResult, version_of
from nightschool.training.racing import Roll

RUNNERS = 32
BATCH = 200


@dataclass
class Rolls:
    """A search that does nothing but roll prompts out, each other than the one before, in batches."""

    rollouts: int
    seconds: list[float] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    """Of this process for all rollouts, without what is made or imported at first use."""

    async def run(self, seed_prompt: str, train: Sequence[Example], validation: Sequence[Example], roll: Roll) -> SearchResult:
        """Roll out, and note time and memory after each batch."""
        await roll(seed_prompt, list(validation)[:RUNNERS], "val")  # what is made at first use
        for number in range(self.rollouts // BATCH):
            started, cpu_s = time.perf_counter(), time.process_time()
            await roll(f"{seed_prompt} ({number})", list(validation)[:BATCH], "val")
            self.seconds.append(time.perf_counter() - started)
            self.cpu_s += time.process_time() - cpu_s
            gc.collect()
            self.resident_mb.append(resident_mb())
        return SearchResult(seed=Candidate(version=version_of(seed_prompt), text=seed_prompt))


def resident_mb() -> float:
    """What this process holds in memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def bare(runs: int) -> float:
    """The processor seconds that Agno takes for a run of the same agent, with as many side by side."""
    from demo.simulated import MODEL_URL_VARIABLE, build_agent

    questions = [example.question for example in sets_of(1, 4, BATCH).validation]
    places = asyncio.Semaphore(RUNNERS)

    async def ask(number: int) -> None:
        stranger = uuid.uuid4().hex
        async with places:
            await agent.arun(questions[number % len(questions)], session_id=stranger, user_id=stranger, stream=False)

    with simulator() as url:
        os.environ[MODEL_URL_VARIABLE] = f"{url}/v1"
        agent = build_agent(SEED_PROMPT)
        await asyncio.gather(*map(ask, range(RUNNERS)))  # what is made at first use
        before = time.process_time()
        await asyncio.gather(*map(ask, range(runs)))
        return (time.process_time() - before) / runs


async def roll_out(rollouts: int) -> Rolls:
    """Rollouts through Trainer, store, runners, agent and journal, without a judge."""
    from nightschool.training.lightning.trainer import train_with_agentlightning

    way, sets = Rolls(rollouts), sets_of(1, 4, BATCH)
    with simulator() as url:
        async with tools_at(url, runners=RUNNERS, judged=False) as tools:
            await train_with_agentlightning(
                way, SEED_PROMPT, sets.train, sets.validation, evaluator=tools.evaluator, n_runners=RUNNERS
            )
    return way
