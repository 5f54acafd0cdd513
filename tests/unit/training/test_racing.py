"""Successive halving: who is kept, what is bought, what is compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.training.racing import Runner, beats, race, ranked
from tests.unit.training.worlds import World, examples

ORDER = examples(20)


def by_letter(text, example):
    """Prompt `a` is right on all examples, `b` on all but the first, and so on."""
    return float(int(example.example_id[1:]) >= ord(text[0]) - ord("a"))


async def raced(texts, heats, keep=1, score=by_letter):
    world = World(score)
    left = await race([Runner(text) for text in texts], ORDER, heats, keep, world.roll)
    return [runner.text for runner in left], world


async def test_the_best_wins_and_the_worse_half_stops_at_each_heat():
    left, world = await raced("hgfedcba", (8, 12))
    assert left == ["a", "b"]
    assert [world.bought_of(text) for text in "abcdefgh"] == [20, 20, 12, 12, 8, 8, 8, 8]


async def test_as_many_finish_as_are_to_be_kept():
    left, _ = await raced("abcdef", (8,), keep=5)
    assert left == list("abcde")


async def test_a_heat_longer_than_the_examples_is_all_of_them():
    left, world = await raced("ab", (50,))
    assert left == ["a", "b"]
    assert world.bought_of("a") == 20


async def test_results_that_a_runner_brings_along_are_not_bought_again():
    world = World(by_letter)
    known = Runner("a", rewards={example.example_id: 1.0 for example in ORDER[:15]})
    await race([known, Runner("b")], ORDER, (8,), 2, world.roll)
    assert (world.bought_of("a"), world.bought_of("b")) == (5, 20)


def runner(text, *rewards):
    return Runner(text, rewards={f"e{n}": reward for n, reward in enumerate(rewards)})


def test_runners_are_compared_on_the_examples_that_all_of_them_finished():
    lucky, steady = runner("lucky", 0.0, 1.0, None, None), runner("steady", 1.0, 1.0, 0.0, 0.0)
    assert ranked([lucky, steady])[0] is steady


def test_unscored_is_not_zero():
    unheard, wrong = runner("unheard", 1.0, None), runner("wrong", 1.0, 0.0)
    assert unheard.mean == 1.0
    assert unheard.n_scored == 1
    assert not beats(unheard, wrong)
    assert not beats(wrong, unheard)


def test_of_equals_the_shorter_prompt_comes_first_and_does_not_beat_the_longer():
    short, long = runner("ab", 1.0), runner("abc", 1.0)
    assert ranked([long, short]) == [short, long]
    assert not beats(short, long)


def test_a_runner_without_any_score_comes_last_and_spoils_nothing():
    silent, weak, strong = runner("s", None, None), runner("weak", 0.0, 0.0), runner("strong", 1.0, 1.0)
    assert ranked([silent, weak, strong]) == [strong, weak, silent]


rewards = st.lists(st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0])), min_size=4, max_size=4)


@given(st.lists(rewards, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_ranking_does_not_depend_on_the_order_in_which_runners_come(table, rng):
    runners = [runner("x" * (n + 1), *row) for n, row in enumerate(table)]
    shuffled = rng.sample(runners, len(runners))
    assert [one.text for one in ranked(shuffled)] == [one.text for one in ranked(runners)]


async def test_the_first_error_of_a_roll_ends_the_others():
    world = World(by_letter)
    gone = []

    async def roll(text, asked, mode):
        if text == "a":
            raise ConnectionError("down")
        try:
            await never()
        finally:
            gone.append(text)

    async def never():
        import asyncio

        await asyncio.Event().wait()

    with pytest.raises(ConnectionError, match="down"):
        await race([Runner("b"), Runner("c"), Runner("a")], ORDER, (), 1, roll)
    assert sorted(gone) == ["b", "c"]
    assert not world.bought
