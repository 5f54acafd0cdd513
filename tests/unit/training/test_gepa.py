"""GEPA behind the same door: the same rollouts, the same purse, the same judge of who won."""

import asyncio
import threading

import pytest

from nightschool.errors import BudgetExhausted, ConfigError, LLMError, TransientError
from nightschool.llm import Reply
from nightschool.records import Candidate, SearchPolicy, version_of
from nightschool.training import gepa as module
from nightschool.training.gepa import GepaSearch
from tests.unit.training.worlds import World, examples

TRAIN, VALIDATION = examples(20), examples(20, first=100)
POLICY = SearchPolicy(max_iterations=2, beam_width=1, branch_factor=2, gradient_batch_size=4, algorithm="gepa")


def plus_helps(text, example):
    """Everywhere, so that each minibatch shows it."""
    return min(1.0, text.count("+") / 4)


class Reflecting:
    """A critic that adds a mark to the prompt that it reads, or does what a test says."""

    def __init__(self, *marks):
        self.marks = list(marks)
        self.asked = []

    async def ask(self, role, messages, *, temperature, seed):
        self.asked.append((role, messages[0]["content"], temperature, seed))
        mark = self.marks.pop(0) if len(self.marks) > 1 else self.marks[0]
        if isinstance(mark, Exception):
            raise mark
        prompt = messages[0]["content"].split("```")[1].strip()
        return Reply(text=f"Here it is:\n```\n{prompt}{mark}\n```")


async def searched(*marks, score=plus_helps, roll=None, policy=POLICY, **fields):
    world, critic, lines = World(score), Reflecting(*marks), []
    search = GepaSearch(policy, critic, seed=7, tell=lines.append, **fields)
    return await search.run("seed", TRAIN, VALIDATION, roll or world.roll), world, critic, lines


async def test_it_finds_what_helps_and_tells_the_way_to_it():
    found, world, critic, lines = await searched("+")
    assert found.challenger.text == "seed++++"
    assert [candidate.earned for candidate in found.candidates[1:]] == pytest.approx([0.25] * 4)
    assert (found.seed.mean_reward, found.challenger.mean_reward) == pytest.approx((0.0, 1.0))
    assert {candidate.edit for candidate in found.candidates} == {"seed", "gepa"}
    assert found.rewards_by_iteration == pytest.approx((0.0, 0.25, 0.5, 0.75, 1.0))
    assert (found.stopped, found.rollouts) == ("4 proposals made", world.bought.total())
    assert "Proposal 1/4: added: seed+" in lines
    role, read, temperature, _ = critic.asked[0]
    assert (role, temperature) == ("critic", POLICY.critic_temperature)
    assert "Where is order" in read


async def test_the_same_seed_gives_the_same_search():
    (one, first, asked, _), (two, second, again, _) = [await searched("+", "-", "+") for _ in range(2)]
    assert (one, first.bought, asked.asked) == (two, second.bought, again.asked)


async def test_what_no_candidate_may_be_costs_no_rollout():
    found, world, _, _ = await searched("", "+ {name}", policy=POLICY.model_copy(update={"max_iterations": 1}))
    assert found.dropped == {"drops or invents a placeholder": 1, "seen before": 1}
    assert {name for name, _ in world.bought} == {"train:seed", "val:seed"}
    assert found.challenger is None


async def test_an_empty_purse_ends_it_with_the_best_so_far():
    world = World(plus_helps)

    async def roll(text, asked, mode):
        if text == "seed++":
            raise BudgetExhausted("the purse is empty")
        return await world.roll(text, asked, mode)

    found, *_ = await searched("+", roll=roll)
    assert (found.challenger.text, found.stopped) == ("seed+", "BudgetExhausted: the purse is empty")


async def test_an_outage_of_the_critic_ends_it_and_a_refusal_costs_one_proposal():
    found, *_ = await searched(LLMError("a filter"), "+")
    assert found.warnings == ("proposal 1 was refused: a filter",)
    assert found.challenger.text == "seed+++"
    with pytest.raises(TransientError, match="down"):
        await searched(TransientError("the critic is down"))


async def test_unscored_is_neither_for_nor_against_a_prompt():
    def with_an_outage(text, example):
        return None if example.example_id == "e103" and text != "seed" else plus_helps(text, example)

    found, *_ = await searched("+", score=with_an_outage)
    assert found.challenger.text == "seed++++"
    assert found.challenger.n_scored == len(VALIDATION) - 1


async def test_a_search_that_is_cancelled_leaves_no_thread_behind():
    started = asyncio.Event()

    async def roll(text, asked, mode):
        started.set()
        await asyncio.sleep(3600)

    before = threading.active_count()
    task = asyncio.create_task(searched("+", roll=roll))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.get_running_loop().shutdown_default_executor()
    assert threading.active_count() <= before


async def test_it_goes_on_from_an_earlier_winner_and_ranks_the_seed_prompt_too():
    winner = Candidate(version=version_of("seed+"), text="seed+", parent=version_of("seed"), edit="gepa", earned=0.2)
    found, world, _, _ = await searched("-", found_before=[winner])
    assert world.bought_of("seed") == world.bought_of("seed+") == len(VALIDATION)
    assert found.challenger == winner.model_copy(update={"mean_reward": 0.25, "n_scored": 20})


async def test_without_the_package_the_next_step_is_its_installation(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="gepa is not installed") as missing:
        module.require_gepa()
    assert missing.value.next_step == 'pip install "nightschool[gepa]"'
