"""The critic sees the prompt and the runs that it is shown, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from nightschool.simulator.critic import critique, diagnose
from nightschool.simulator.editor import INSTRUCTIONS
from nightschool.simulator.skills import Skill, asked_in
from nightschool.simulator.transcripts import read_request
from tests.simulated_requests import Run, chat, critique_request

PRICE = "What do 12 lamps cost if a single one is 35000 VND?"
PRICE_VI = "Nếu một món giá 24000 đồng thì 27 bao gạo hết bao nhiêu?"
FLAWS = {
    Skill.STEPS: Run(chat(PRICE, "The result is 588000 VND."), 0.1),
    Skill.FINAL: Run(chat(PRICE, "It depends; somewhere between 252000 and 630000, I suppose."), 0.1),
    Skill.UNITS: Run(chat(PRICE, "The result is 42000000."), 0.1),
    Skill.TOOLS: Run(chat("What is the status of order 63775?", "It should be delivered by now."), 0.1),
    Skill.LANGUAGE: Run(chat(PRICE_VI, "Step 1: 27 × 24000 = 648000\nThe result is 648000 VND."), 0.7),
    Skill.HONESTY: Run(chat("Tell me the winning number of lottery draw 4638 next year.", "It is 3980, quite certainly."), 0.05),
    Skill.DIRECT: Run(chat(PRICE, "Could you tell me a little more about what you need?"), 0.1),
}
GOOD = Run(chat(PRICE, "Step 1: 12 × 35000 = 420000\nThe result is 420000 VND.\nFinal answer: 420000 VND"), 0.97)


def ask(prompt: str, runs: list[Run], variant: int = 1, sample: str = "") -> str:
    text = "\n\n".join(message["content"] for message in critique_request(variant, prompt, runs))
    return critique(text, seed=0, sample=sample)


@pytest.mark.parametrize("variant", [1, 2, 3])
@pytest.mark.parametrize("skill", Skill)
def test_what_the_runs_show_is_named_whatever_the_template(skill: Skill, variant: int) -> None:
    assert skill in asked_in(ask("Be nice.", [FLAWS[skill]], variant))


@pytest.mark.parametrize("skill", [skill for skill in Skill if skill is not Skill.STEPS])
def test_nothing_is_named_that_no_run_shows(skill: Skill) -> None:
    others = [run for name, run in FLAWS.items() if name is not skill]
    assert skill not in diagnose(read_request("\n\n".join(m["content"] for m in critique_request(1, "Be nice.", others))))


@pytest.mark.parametrize("skill", Skill)
def test_what_the_prompt_asks_for_already_is_not_named_again(skill: Skill) -> None:
    assert skill not in asked_in(ask(INSTRUCTIONS[skill][0].en, [FLAWS[skill]]))


def test_good_runs_give_it_nothing_to_say() -> None:
    assert asked_in(ask("Be nice.", [GOOD, GOOD])) == ()


def test_a_run_that_was_rewarded_in_full_has_no_flaw_not_even_its_language() -> None:
    assert asked_in(ask("Be nice.", [Run(FLAWS[Skill.LANGUAGE].messages, 0.97)])) == ()


def test_without_runs_it_has_nothing_to_say() -> None:
    assert asked_in(ask("Be nice.", [])) == ()


def test_an_unscored_run_is_no_evidence() -> None:
    assert asked_in(ask("Be nice.", [Run(FLAWS[Skill.HONESTY].messages, None)])) == ()


def test_the_reward_alone_decides_what_failed_even_where_the_simulator_knows_better() -> None:
    right_but_badly_graded = Run(chat(PRICE, "The result is 420000 VND."), 0.1)
    wrong_but_well_graded = Run(chat(PRICE, "The result is 588000 VND."), 0.95)
    assert asked_in(ask("Be nice.", [right_but_badly_graded])) == (Skill.STEPS,)
    assert asked_in(ask("Be nice.", [wrong_but_well_graded])) == ()


def test_a_wrong_sum_with_its_work_shown_calls_for_the_calculator_unless_it_was_used() -> None:
    question, answer = PRICE, "Step 1: 12 × 35000 = 588000\nThe result is 588000 VND."
    used: list[dict[str, Any]] = [
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "calculator", "arguments": "{}"}}]},
        {"role": "tool", "content": "588000"},
    ]
    assert asked_in(ask("Be nice.", [Run(chat(question, answer), 0.2)])) == (Skill.TOOLS,)
    assert asked_in(ask("Be nice.", [Run(chat(question, answer, *used), 0.2)])) == ()


def test_what_occurs_more_often_comes_first_and_three_points_are_the_most() -> None:
    runs = [FLAWS[Skill.HONESTY]] * 3 + [FLAWS[Skill.DIRECT]] * 2 + [FLAWS[Skill.FINAL], FLAWS[Skill.TOOLS]]
    lines = ask("Be nice.", runs).splitlines()
    assert [asked_in(line) for line in lines[1:]][:2] == [(Skill.HONESTY,), (Skill.DIRECT,)]
    assert len(lines) == 4


def test_a_temperature_makes_critiques_differ_by_seed_and_sometimes_idle() -> None:
    runs = list(FLAWS.values())
    critiques = {ask("Be nice.", runs, sample=f"{seed} 0.7 0") for seed in range(100)}
    assert len(critiques) > 5
    idle = sum(any(not asked_in(line) for line in text.splitlines()[1:]) for text in critiques)
    assert idle > 0
    assert ask("Be nice.", runs, sample="1 0.7 0") == ask("Be nice.", runs, sample="1 0.7 0")


def test_the_judges_own_requests_in_a_trace_are_not_taken_for_the_conversation() -> None:
    graded = [*FLAWS[Skill.HONESTY].messages, {"role": "user", "content": '{"question": "x", "answer": "y"}'}]
    graded.append({"role": "assistant", "content": '{"score": 0.1, "reason": "step by step"}'})
    assert asked_in(ask("Be nice.", [Run(graded, 0.05)])) == (Skill.HONESTY,)


def test_a_prompt_with_headings_braces_and_json_is_read_whole() -> None:
    prompt = 'Answer {question}.\n\n## Rules\n\nReturn {"a": [1, 2]}\nState the unit.'
    shown = read_request("\n\n".join(m["content"] for m in critique_request(3, prompt, [GOOD])))
    assert shown.prompt == prompt
    assert len(shown.runs) == 1
