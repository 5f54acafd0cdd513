"""A screen: what does not beat its parent on what the critic read costs no race, and what helped is merged at once."""

import pytest

from nightschool.records import SearchPolicy
from nightschool.training.beam import BeamSearch
from nightschool.training.edits import Proposal
from nightschool.training.racing import Runner
from nightschool.training.screening import merged, screen
from tests.unit.training.worlds import World, an_experiment, examples

TRAIN, VALIDATION = examples(40), examples(60, first=100)
POLICY = SearchPolicy(
    max_iterations=2,
    beam_width=1,
    branch_factor=4,
    races=(10, 30),
    gradient_batch_size=4,
    screen_size=6,
    edits=("critique", "merge"),
)


def marks_help(text, example):
    """`a` and `b` help, each a little and both more; `x` does harm."""
    return max(0.0, 0.2 + 0.3 * ("a" in text[4:]) + 0.3 * ("b" in text[4:]) - 0.1 * ("x" in text[4:]))


class Critiques:
    """Adds one mark a child."""

    kind = "critique"

    async def propose(self, parent, count, rng):
        return [Proposal(text=f"{parent.text}{mark}", edit=self.kind, critique=f"add {mark}") for mark in "xabx"[:count]]


class Merges:
    """Adds what its accepted critiques say."""

    kind = "merge"

    async def propose(self, parent, count, rng):
        if not parent.accepted:
            return []
        added = "".join(critique[-1] for critique in parent.accepted)
        return [Proposal(text=parent.text + added, edit=self.kind, critique="; ".join(parent.accepted))]


async def searched(policy=POLICY, edits=None, score=marks_help):
    world = World(score)
    found = await BeamSearch(policy, edits or [Critiques(), Merges()], seed=7).run("seed", TRAIN, VALIDATION, world.roll)
    return found, world


async def test_what_helps_at_the_screen_is_merged_in_the_same_iteration():
    found, _ = await searched(POLICY.model_copy(update={"max_iterations": 1}))
    assert found.challenger.text == "seedab"
    assert [(one.text, one.edit) for one in found.candidates if one.edit == "merge"] == [("seedab", "merge")]
    assert found.challenger.earned == pytest.approx(0.3)


async def test_what_does_not_beat_its_parent_costs_no_race():
    _, world = await searched()
    assert world.bought_of("seedx") == POLICY.screen_size


async def test_only_the_last_race_runs_on_all_and_the_seed_prompt_is_in_it():
    found, world = await searched()
    assert world.bought_of("seed") == world.bought_of("seedab") == len(VALIDATION)
    assert found.challenger.n_scored == found.seed.n_scored == len(VALIDATION)
    assert world.bought_of("seedb") <= POLICY.races[-1]


async def test_an_iteration_in_which_none_passes_is_not_the_end():
    class Varies:
        kind = "critique"

        async def propose(self, parent, count, rng):
            return [Proposal(text=f"{parent.text} {rng.random()}", edit=self.kind) for _ in range(count)]

    found, _ = await searched(edits=[Varies()], score=lambda text, example: 0.5)
    assert found.stopped == "2 iterations done"
    assert found.challenger is None
    assert len(found.rewards_by_iteration) == 3


async def test_all_that_are_better_come_through_the_best_first():
    world = World(lambda text, example: len(text) / 10)
    read = [an_experiment(example, 0.1) for example in TRAIN[:8]]
    runners = [Runner(text) for text in ("22", "1", "4444", "333", "55555")]
    found = await screen(read, runners, world.roll, POLICY)
    assert [one.runner.text for one in found] == ["55555", "4444", "333", "22"]
    assert await screen([an_experiment(TRAIN[0], None)], runners, world.roll, POLICY) == []


async def test_all_that_helped_is_merged_and_no_more_is_ranked_than_the_beam_has_room_for():
    class Four(Critiques):
        async def propose(self, parent, count, rng):
            marks = "abcd" if parent.text == "seed" else ""
            return [Proposal(text=f"{parent.text}{mark}", edit=self.kind, critique=f"add {mark}") for mark in marks]

    def each_helps(text, example):
        return 0.1 + sum(0.01 * (1 + number) for number, mark in enumerate("abcd") if mark in text[4:])

    found, world = await searched(POLICY.model_copy(update={"max_iterations": 1}), [Four(), Merges()], each_helps)
    assert sorted(found.challenger.text[4:]) == list("abcd")
    raced = [world.bought_of(f"seed{mark}") - POLICY.screen_size for mark in "dcba"]
    assert raced == [POLICY.races[1], POLICY.races[0], 0, 0]


async def test_one_critique_or_nobody_who_merges_makes_no_candidate():
    assert await merged([("seeda", "add a")], [Merges()], None) == []
    assert await merged([("seeda", "add a"), ("seedb", "add b")], [Critiques()], None) == []
