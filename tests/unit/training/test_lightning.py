"""agentlightning behind its door: runners, store, APO and tracer in one loop, without a model."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections import Counter

import pytest

from nightschool.errors import BudgetExhausted, ConfigError, LLMError
from nightschool.records import Rollout, SearchPolicy, version_of
from nightschool.training.beam import BeamSearch
from nightschool.training.edits import Proposal
from nightschool.training.lightning.store import EventStore
from nightschool.training.lightning.trainer import train_with_agentlightning
from tests.unit.training.worlds import examples

PROMPT = 'Reply as {"value": "$$"} or {x}, {{ y }} and $$.\n\n<b>Xin chào</b>'
TRAIN, VALIDATION = examples(6), examples(10, first=100)


class Instant:
    """An evaluator that answers at once: longer prompts are better."""

    def __init__(self, error: Exception | None = None, together: int = 1) -> None:
        self.error = error
        self.ran: list[tuple[str, str]] = []
        self.all_there = asyncio.Barrier(together)

    async def run(self, prompt, example, *, sample=0):
        self.ran.append((prompt, example.example_id))
        if len(self.ran) <= self.all_there.parties:
            await self.all_there.wait()
        if self.error is not None:
            raise self.error
        said = ({"role": "user", "content": example.question}, {"role": "assistant", "content": f"reply {example.example_id}"})
        return Rollout(
            example_id=example.example_id,
            prompt_version=version_of(prompt),
            answer=f"reply {example.example_id}",
            reward=min(1.0, len(prompt) / 1000),
            messages=said,
        )


class Appends:
    """Proposes the prompt with an exclamation mark, and keeps what it was shown."""

    kind = "appends"

    def __init__(self) -> None:
        self.parents = []

    async def propose(self, parent, count, rng):
        self.parents.append(parent)
        return [Proposal(text=parent.text + "!", edit=self.kind)]


async def trained(evaluator, *, edit=None, n_runners=4, validation=VALIDATION, iterations=1):
    policy = SearchPolicy(
        max_iterations=iterations, beam_width=1, branch_factor=1, races=(), gradient_batch_size=6, screen_size=0
    )
    beam = BeamSearch(policy, [edit or Appends()], seed=1)
    return await train_with_agentlightning(beam, PROMPT, TRAIN, validation, evaluator=evaluator, n_runners=n_runners)


async def test_a_prompt_survives_its_way_through_store_runner_and_algorithm():
    evaluator = Instant()
    found = await trained(evaluator)
    assert found.seed.text == PROMPT
    assert found.challenger.text == PROMPT + "!"
    assert {prompt for prompt, _ in evaluator.ran} == {PROMPT, PROMPT + "!"}


async def test_edits_read_each_rollouts_own_chat_from_its_trace():
    edit = Appends()
    await trained(Instant(), edit=edit, n_runners=6)
    (parent,) = edit.parents
    assert len(parent.experiments) == len(TRAIN)
    for one in parent.experiments:
        said = [message["content"] for message in one.messages]
        assert said == [one.example.question, f"reply {one.example.example_id}"]
        assert one.rollout.example_id == one.example.example_id


async def test_traces_that_nobody_reads_are_not_kept_and_neither_are_rollouts_that_were_read(monkeypatch):
    stores, written, traced = [], Counter(), []

    class Watched(EventStore):
        def __init__(self):
            super().__init__()
            stores.append(self)

        async def add_many_spans(self, spans):
            rollout = await self.get_rollout_by_id(spans[0].rollout_id)
            written[rollout.mode] += 1
            return await super().add_many_spans(spans)

    monkeypatch.setattr("nightschool.training.lightning.trainer.EventStore", Watched)
    monkeypatch.setattr("nightschool.tracing.trace_rollout", traced.append)
    found = await trained(Instant())
    assert found.challenger.text == PROMPT + "!"
    assert written == {"train": len(TRAIN)}
    assert sorted(one.example_id for one in traced) == sorted(example.example_id for example in TRAIN)
    (store,) = stores
    assert list(await store.query_rollouts()) == []


async def test_sixty_four_runners_lose_none_of_three_hundred_instantaneous_rollouts():
    evaluator, many = Instant(), examples(150, first=100)
    found = await asyncio.wait_for(trained(evaluator, n_runners=64, validation=many), timeout=300)
    assert found.rollouts == len(evaluator.ran) == 2 * len(many) + len(TRAIN)
    assert len(set(evaluator.ran)) == found.rollouts
    assert found.seed.n_scored == len(many)


async def test_as_many_rollouts_run_side_by_side_as_there_are_runners():
    """The first of them wait until all runners have one."""
    found = await asyncio.wait_for(trained(Instant(together=8), n_runners=8, validation=examples(8)), timeout=120)
    assert found.seed.n_scored == 8


async def test_each_runner_works_under_a_name_of_its_own(monkeypatch):
    from nightschool.training.lightning.store import EventStore

    asked, take = Counter(), EventStore.next_rollout

    async def named(self, worker_id):
        asked[worker_id] += 1
        return await take(self, worker_id)

    monkeypatch.setattr(EventStore, "next_rollout", named)
    await trained(Instant(together=4), n_runners=4)
    assert len(asked) == 4
    assert min(asked.values()) > 1, "all but one lost their names after their first rollout"


async def test_an_empty_purse_ends_the_search_in_order():
    found = await trained(Instant(BudgetExhausted("5 of 5 calls")))
    assert found.stopped == "BudgetExhausted: 5 of 5 calls"
    assert found.challenger is None


async def test_a_factory_that_fails_ends_the_search_with_its_own_error():
    with pytest.raises(ConfigError, match="one and the same agent"):
        await trained(Instant(ConfigError("the agent's factory returns one and the same agent for different prompts")))


async def test_rollouts_that_fail_without_a_word_end_the_search_with_an_error(caplog):
    with caplog.at_level(logging.CRITICAL, "agentlightning"), pytest.raises(LLMError, match="10 of 10 rollouts"):
        await trained(Instant(RuntimeError("a bug")))


async def test_nothing_runs_on_when_the_search_has_ended():
    before = asyncio.all_tasks()
    await trained(Instant())
    assert asyncio.all_tasks() == before


async def test_a_runner_that_dies_ends_the_search_with_its_error(monkeypatch):
    from nightschool.training.lightning.runner import EventRunner

    async def dies(self, *, event=None):
        raise RuntimeError("the runner's own bug")

    monkeypatch.setattr(EventRunner, "iter", dies)
    with pytest.raises(RuntimeError, match="the runner's own bug"):
        await asyncio.wait_for(trained(Instant()), timeout=120)


LIGHT_IMPORT = """
import socket, sys
def refuse(*_): raise SystemExit("the import reached for the network")
socket.socket.connect = socket.getaddrinfo = refuse
import nightschool.training.lightning.trainer
heavy = {"litellm", "flask", "vllm"} & set(sys.modules)
assert not heavy, heavy
from agentlightning.algorithm.apo import APO
"""


def test_the_import_needs_no_litellm_and_no_network():
    done = subprocess.run([sys.executable, "-W", "error", "-c", LIGHT_IMPORT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_front_door_itself_imports_nothing_heavy():
    code = "import sys, nightschool.training; assert 'agentlightning' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


async def test_the_store_tells_an_end_as_often_as_it_is_asked():
    """Stock APO asks again and again for all of a batch until each has ended."""
    store = EventStore()
    first, second = [(await store.enqueue_rollout(input={})).rollout_id for _ in range(2)]
    await store.update_rollout(first, status="succeeded")
    for _ in range(2):
        assert [one.rollout_id for one in await store.wait_for_rollouts(rollout_ids=[first, second], timeout=0)] == [first]
    await store.update_rollout(second, status="failed")
    ended = await store.wait_for_rollouts(rollout_ids=[first, second], timeout=5)
    assert [one.status for one in ended] == ["succeeded", "failed"]
    await store.forget(ended)
    assert not store._ends
