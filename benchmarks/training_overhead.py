"""Our own overhead: rollouts a second at zero latency, with Agno in the loop, and memory over many rollouts."""

from __future__ import annotations

import gc
import time
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
    import_cpu_s: float = 0.0
    """Of processor time until the first rollout begins: importing agentlightning, Agno and OpenAI's client."""

    async def run(self, seed_prompt: str, train: Sequence[Example], validation: Sequence[Example], roll: Roll) -> SearchResult:
        """Roll out, and note time and memory after each batch."""
        await roll(seed_prompt, list(validation)[:RUNNERS], "val")  # what is made at first use
        self.import_cpu_s = time.process_time() - self.import_cpu_s
        for number in range(self.rollouts // BATCH):
            started = time.perf_counter()
            await roll(f"{seed_prompt} ({number})", list(validation)[:BATCH], "val")
            self.seconds.append(time.perf_counter() - started)
            gc.collect()
            self.resident_mb.append(resident_mb())
        return SearchResult(seed=Candidate(version=version_of(seed_prompt), text=seed_prompt))


def resident_mb() -> float:
    """What this process holds in memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def roll_out(rollouts: int) -> Rolls:
    """Rollouts through Trainer, store, runners, agent and journal, without a judge."""
    from nightschool.training.lightning.trainer import train_with_agentlightning

    way, sets = Rolls(rollouts, import_cpu_s=time.process_time()), sets_of(1, 4, BATCH)
    with simulator() as url:
        async with tools_at(url, runners=RUNNERS, judged=False) as tools:
            await train_with_agentlightning(
                way, SEED_PROMPT, sets.train, sets.validation, evaluator=tools.evaluator, n_runners=RUNNERS
            )
    return way
