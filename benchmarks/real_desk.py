"""The job of `real_model.py`: the demo's desk on the real small model, with its settings, and fresh messages for each seed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import tomllib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from demo.desk import MODEL_URL_VARIABLE, build_agent
from demo.desks import LOCAL_SETTINGS
from demo.messages import SMALL_TALK, messages
from nightschool.agent import Target
from nightschool.evaluation import Evaluator
from nightschool.grading import Grader
from nightschool.grading.accuracy import lenient_accuracy, strict_accuracy
from nightschool.llm import LLM, AgentCalls, Journal, Limiters, Meter
from nightschool.records import Example, GradingPolicy, ModelPolicy, Night, RatePolicy, SearchPolicy

TRAIN, VALIDATION, HELD_OUT = 52, 53, 120
CONCURRENCY = 8
_SETTINGS: dict[str, Any] = tomllib.loads(LOCAL_SETTINGS)


class Sets(NamedTuple):
    """What a search learns from, what it ranks on, and what nobody but the exam sees."""

    train: list[Example]
    validation: list[Example]
    held_out: list[Example]


class Grades(NamedTuple):
    """A prompt's mean held-out grades: the first line is the value; the answer contains the value."""

    strict: float
    lenient: float


@dataclass(frozen=True)
class Bench:
    """What a search works with."""

    target: Target
    evaluator: Evaluator
    llm: LLM
    meter: Meter

    async def held_out(self, prompt: str, examples: Sequence[Example]) -> Grades:
        """How good a prompt is on examples that no search saw."""
        free = asyncio.Semaphore(CONCURRENCY)

        async def answer(example: Example) -> tuple[float, float]:
            async with free:
                run = await self.target.run(prompt, example)
            assert run.fault is None, run.error
            wanted = example.expected_answer or ""
            return strict_accuracy(run.answer, wanted), lenient_accuracy(run.answer, wanted)

        strict, lenient = zip(*await asyncio.gather(*map(answer, examples)), strict=True)
        return Grades(sum(strict) / len(strict), sum(lenient) / len(lenient))


def search_policy() -> SearchPolicy:
    """The demo's."""
    return SearchPolicy(**_SETTINGS["search"])


def sets_of(seed: int) -> Sets:
    """Fresh messages, each once, with the right values."""
    day = date(2026, 1, 1) + timedelta(days=seed)
    asked = {message.text: message for message in messages(day, 2 * (TRAIN + VALIDATION + HELD_OUT), seed)}
    examples = [
        Example(
            example_id=f"desk_{number:04d}",
            session_id=message.session_id,
            question=message.text,
            expected_answer=message.expected,
            origin="correction",
            category=message.kind,
        )
        for number, message in enumerate(message for message in asked.values() if message.kind != SMALL_TALK)
    ]
    ranked_from, examined_from = TRAIN, TRAIN + VALIDATION
    return Sets(examples[:ranked_from], examples[ranked_from:examined_from], examples[examined_from : examined_from + HELD_OUT])


@contextlib.asynccontextmanager
async def bench_at(base_url: str, seed: int) -> AsyncIterator[Bench]:
    """Open what a search needs, as a stage of a night does, with an empty journal."""
    os.environ[MODEL_URL_VARIABLE] = base_url
    models = ModelPolicy(**_SETTINGS["models"], base_url=base_url)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(
            f"sqlite:///{Path(folder) / 'journal.db'}", Night(target="support", run_date=date(2026, 1, 1 + seed % 28))
        )
        meter, limiters = Meter(), Limiters(RatePolicy())
        llm = LLM(models, "none", journal=journal, meter=meter, limiter=limiters.of(base_url))
        target = Target(build_agent, timeout_s=600, limiters=limiters, journaled=AgentCalls(journal, meter, models))
        grader = Grader(GradingPolicy(**_SETTINGS["grading"]), llm)
        try:
            yield Bench(target, Evaluator(target, grader, journal, meter, models, concurrency=CONCURRENCY), llm, meter)
        finally:
            await target.aclose()
            await llm.aclose()
            journal.close()
            await asyncio.sleep(0)
