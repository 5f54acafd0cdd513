"""Which questions make much of the traffic, and how they are asked again."""

import pytest

from nightschool.errors import BudgetExhausted
from nightschool.evaluation import ask_again, frequent_questions
from nightschool.records import Example, Rollout, Splits


def asked(name, times, **fields):
    return Example(example_id=name, session_id=f"s-{name}", question=f"{name}?", frequency=times, **fields)


def test_what_makes_a_share_of_the_turns_in_whichever_set():
    splits = Splits(
        train=(asked("often", 5), asked("curated", 50, origin="curated")),
        validation=(asked("rest", 91),),
        held_out=(asked("seldom", 4),),
    )
    assert [example.example_id for example in frequent_questions(splits, 0.05)] == ["often", "rest"]
    assert frequent_questions(Splits(), 0.05) == ()


class Evaluator:
    def __init__(self, pays=99):
        self.pays, self.ran = pays, []

    async def run(self, prompt, example, *, sample=0):
        if len(self.ran) >= self.pays:
            raise BudgetExhausted("budget.max_calls is used up", next_step="-")
        self.ran.append((prompt, example.example_id, sample))
        reward = None if (prompt, sample) == ("new", 2) else float(prompt == "new")
        return Rollout(example_id=example.example_id, prompt_version="v", reward=reward)


async def test_each_arm_answers_anew_as_often_as_is_set():
    evaluator = Evaluator()
    [pair] = await ask_again(evaluator, "old", "new", [asked("often", 5)], samples=3, night="2026-11-21")
    assert sorted(evaluator.ran) == sorted((prompt, "often", n) for prompt in ("old", "new") for n in (1, 2, 3))
    assert [sample.reward for sample in pair.incumbent] == [0.0] * 3
    assert [sample.reward for sample in pair.challenger] == [1.0, None, 1.0]
    assert (pair.example_id, pair.session_id, pair.night) == ("often", "s-often", "2026-11-21")


@pytest.mark.parametrize("pays", [0, 5])
async def test_an_empty_purse_leaves_them_unasked(pays, caplog):
    [pair] = await ask_again(Evaluator(pays), "old", "new", [asked("often", 5)], samples=3, night="")
    assert (pair.incumbent, pair.challenger) == ((), ())
    assert "max_calls" in caplog.text
