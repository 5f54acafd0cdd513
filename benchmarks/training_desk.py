"""The job that all searches of `training.py` do: the simulated shop's desk, its agent with tools, its judge and its truth.

The simulator runs in a process of its own; each search has a journal of its own, as a night has.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from nightschool.agent import Target
from nightschool.children import spawn, wait_until_healthy
from nightschool.evaluation import Evaluator
from nightschool.grading import Grader
from nightschool.llm import LLM, AgentCalls, Journal, Limiters, Meter
from nightschool.records import Example, GradingPolicy, ModelPolicy, Night, RatePolicy, RolloutPolicy
from nightschool.simulator import true_quality
from nightschool.simulator.world import population

SEED_PROMPT = "Bạn là một trợ lý AI giúp tôi giải quyết thắc mắc"
LATENCY_S = 0.2
SEEDS = (11, 22, 33, 44, 55)
"""Fixed before anything was tuned."""
MODEL = "simulated-1"


@dataclass(frozen=True)
class Sets:
    """What a search learns from and ranks on; its prompt's held-out reward is the simulated world's truth."""

    train: list[Example]
    validation: list[Example]


@dataclass(frozen=True)
class Tools:
    """What a search works with."""

    evaluator: Evaluator
    llm: LLM
    night: Night


def sets_of(seed: int, train: int, validation: int) -> Sets:
    """Fresh questions with their right answers."""
    asked = list({question.text: question for question in population(seed, 2 * (train + validation))}.values())
    Random(seed).shuffle(asked)
    examples = [
        Example(
            example_id=f"real_s{number:04d}_msg_1",
            session_id=f"s{number:04d}",
            question=question.text,
            expected_answer=question.expected_answer,
            origin="correction",
            category=question.problem.domain,
            difficulty=question.problem.difficulty,
        )
        for number, question in enumerate(asked)
    ]
    return Sets(examples[:train], examples[train : train + validation])


def held_out(prompt: str) -> float:
    """The reward that a prompt really earns, in [0, 1]: exact, over the simulated world's questions."""
    return true_quality(prompt)


@contextlib.contextmanager
def simulator(*, latency_s: float = 0.0, seed: int = 1) -> Iterator[str]:
    """Serve the simulated model from another process; the value is its root address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--latency-ms", str(1000 * latency_s), "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "simulator.log"
        with spawn([_python(), "-m", "nightschool.simulator", *options], log=log) as child:
            url = f"http://127.0.0.1:{port}"
            wait_until_healthy(f"{url}/health", child=child, timeout_s=60, what="the simulator")
            yield url


def counts(url: str) -> dict[str, Any]:
    """What was asked of a simulator so far."""
    with urllib.request.urlopen(f"{url}/simulator/counts") as answered:
        found: dict[str, Any] = json.load(answered)
        return found


@contextlib.asynccontextmanager
async def tools_at(url: str, *, runners: int, seed: int = 1, judged: bool = True) -> AsyncIterator[Tools]:
    """Open what a search needs, as a stage of a night does, with an empty journal."""
    from demo.simulated import MODEL_URL_VARIABLE, build_agent

    os.environ[MODEL_URL_VARIABLE] = f"{url}/v1"
    models = ModelPolicy(base_url=f"{url}/v1", model=MODEL)
    with tempfile.TemporaryDirectory() as folder:
        night = Night(target="support", run_date=date(2026, 1, 1 + seed % 28))
        journal = Journal(f"sqlite:///{folder}/journal.db", night)
        meter, limiters = Meter(), Limiters(RatePolicy())
        llm = LLM(models, "simulated", journal=journal, meter=meter, limiter=limiters.of(models.base_url))
        safe = RolloutPolicy(safe_tools=("calculator", "order_status")).safe_tools
        target = Target(build_agent, safe_tools=safe, limiters=limiters, journaled=AgentCalls(journal, meter, models))
        grader = Grader(GradingPolicy(use_llm_grader=judged), llm)
        target.build(SEED_PROMPT)  # a night has asked its agent what it is made of by then, and so has imported Agno
        try:
            yield Tools(Evaluator(target, grader, journal, meter, models, concurrency=runners), llm, night)
        finally:
            await target.aclose()
            await llm.aclose()
            journal.close()
            await asyncio.sleep(0)


def _python() -> str:
    import sys

    return sys.executable
