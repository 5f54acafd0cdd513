"""Progressive: easy, then medium, then hard; the winner of one search seeds the next, and all of it is judged at the end."""

import pytest

from nightschool.errors import BudgetExhausted, ConfigError
from nightschool.records import SearchPolicy
from nightschool.training.beam import BeamSearch
from nightschool.training.strategies import Part, levels_of, progressive
from tests.unit.training.test_beam import AddsAMark
from tests.unit.training.worlds import World, examples

LEVELS = ("easy", "medium", "hard")
TRAIN = [e for n, level in enumerate(LEVELS) for e in examples(8, first=100 * n, difficulty=level)]
VALIDATION = [e for n, level in enumerate(LEVELS) for e in examples(8, first=100 * n + 50, difficulty=level)]
POLICY = SearchPolicy(beam_width=1, branch_factor=2, races=(4,), gradient_batch_size=4, screen_size=0)


def each_level_wants_one_more(text, example):
    return float(text.count("+") > LEVELS.index(example.difficulty))


def searching(world, score=None, roll=None, parts=None):
    async def search(part):
        if parts is not None:
            parts.append(part)
        own = POLICY.model_copy(update={"max_iterations": part.iterations})
        beam = BeamSearch(own, [AddsAMark("+")], seed=1, found_before=part.found_before)
        return await beam.run("seed", part.train, part.validation, roll or world.roll)

    return search


async def test_each_level_starts_from_the_winner_of_the_one_before():
    parts, lines, world = [], [], World(each_level_wants_one_more)
    found = await progressive(Part(TRAIN, VALIDATION, 3), searching(world, parts=parts), lines.append)
    assert [part.level for part in parts] == list(LEVELS)
    assert [[one.text for one in part.found_before] for part in parts] == [[], ["seed+"], ["seed+", "seed++"]]
    assert [{e.difficulty for e in part.train} for part in parts] == [{"easy"}, {"medium"}, {"hard"}]
    assert [len(part.validation) for part in parts] == [8, 16, 24]
    assert (found.challenger.text, found.challenger.mean_reward, found.seed.mean_reward) == ("seed+++", 1.0, 0.0)
    assert [candidate.text for candidate in found.candidates] == ["seed", "seed+", "seed++", "seed+++"]
    assert [candidate.earned for candidate in found.candidates[1:]] == pytest.approx([1.0, 0.5, 1 / 3])
    assert found.rollouts == world.bought.total()
    assert found.stopped.startswith("easy: ")
    assert lines[0] == "Level easy: 8 examples to learn from, 8 to rank on"


async def test_a_winner_of_an_easy_level_that_loses_on_all_is_no_challenger():
    def helps_with_easy_ones_alone(text, example):
        return float(("+" in text) == (example.difficulty == "easy"))

    found = await progressive(Part(TRAIN, VALIDATION, 3), searching(World(helps_with_easy_ones_alone)))
    assert found.challenger is None


@pytest.mark.parametrize("unpaid", ["seed++", "seed+"], ids=["a candidate", "the first race"])
async def test_an_empty_purse_ends_the_way_with_the_best_so_far(unpaid):
    world = World(each_level_wants_one_more)

    async def roll(text, asked, mode):
        if any(example.difficulty == "medium" for example in asked) and text == unpaid:
            raise BudgetExhausted("the purse is empty")
        return await world.roll(text, asked, mode)

    parts = []
    found = await progressive(Part(TRAIN, VALIDATION, 3), searching(world, roll=roll, parts=parts))
    assert [part.level for part in parts] == ["easy", "medium"]
    assert found.challenger.text == "seed+"
    assert "medium: BudgetExhausted" in found.stopped


def test_a_level_without_examples_is_left_out_and_the_iterations_are_shared_out():
    without_easy = [example for example in TRAIN if example.difficulty != "easy"]
    levels = levels_of(Part(without_easy, VALIDATION, 5))
    assert [(part.level, part.iterations, len(part.validation)) for part in levels] == [("medium", 3, 16), ("hard", 2, 24)]
    (only,) = levels_of(Part(examples(8, difficulty="easy"), VALIDATION, 2))
    assert (only.level, only.iterations, len(only.validation)) == ("easy", 2, 24)
    with pytest.raises(ConfigError, match="no difficulty has 4 examples"):
        levels_of(Part(TRAIN[:3], VALIDATION, 5))
