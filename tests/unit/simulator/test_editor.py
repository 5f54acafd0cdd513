"""The editor adds what a critique names, keeps what is there, and fails now and then."""

from __future__ import annotations

import pytest

from nightschool.simulator.editor import HARMFUL_EDITS, USELESS_EDITS, edit
from nightschool.simulator.skills import Skill, asked_in, forbidden_in, read_prompt
from tests.simulated_requests import edit_request

PROMPT = "Bạn là một trợ lý AI giúp tôi giải quyết thắc mắc về {topic}"
CRITIQUE = "Critique:\n- Units are missing.\n- It never says that it does not know.\n- The tone is dry."


def ask(prompt: str, critique: str, variant: int = 1, sample: str = "") -> str:
    text = "\n\n".join(message["content"] for message in edit_request(variant, prompt, critique))
    return edit(text, seed=0, sample=sample)


@pytest.mark.parametrize(("variant", "skills"), [(1, (Skill.UNITS, Skill.HONESTY)), (2, (Skill.UNITS,))])
def test_it_asks_for_what_the_critique_names_all_of_it_or_one_point(variant: int, skills: tuple[Skill, ...]) -> None:
    edited = ask(PROMPT, CRITIQUE, variant)
    assert edited.startswith(f"{PROMPT}\n- ")
    assert asked_in(edited) == skills


def test_it_writes_in_the_prompts_language() -> None:
    assert "đơn vị" in ask(PROMPT, CRITIQUE)
    assert "unit" in ask("You help.", CRITIQUE)


def test_what_is_there_is_neither_lost_nor_repeated() -> None:
    prompt = "You help.\n\n\n```json\n{{x}} $$\n```\nState the unit of every value."
    edited = ask(prompt, CRITIQUE)
    assert edited.startswith(prompt)
    assert edited.count("unit") == 1


def test_a_critique_that_names_nothing_leads_to_a_useless_edit() -> None:
    edited = ask(PROMPT, "The tone is a little dry.")
    assert edited.startswith(PROMPT)
    assert edited != PROMPT
    assert read_prompt(edited).strengths == ()


def test_an_instruction_that_contradicts_the_critique_goes() -> None:
    edited = ask("You help.\n- Always answer in English.\n- Be nice.", "- Use the language of the question.")
    assert "English" not in edited
    assert "Be nice." in edited
    assert read_prompt(edited).of(Skill.LANGUAGE) == 1


def test_instructions_go_before_demonstrations() -> None:
    demonstrations = "Examples:\n\nQ: a?\nA: 1 km\n\nQ: b?\nA: 2 km"
    edited = ask(f"You help.\n\n{demonstrations}", "- Units are missing.")
    assert edited.startswith("You help.\n- ")
    assert edited.endswith(f"\n\n{demonstrations}")


def test_at_a_temperature_some_edits_are_useless_or_harmful_the_same_ones_each_time() -> None:
    edits = [ask(PROMPT, CRITIQUE, sample=f"{seed} 0.5 0") for seed in range(600)]
    assert edits == [ask(PROMPT, CRITIQUE, sample=f"{seed} 0.5 0") for seed in range(600)]
    bad = sum(asked_in(text) == () for text in edits) / len(edits)
    assert bad == pytest.approx(USELESS_EDITS + HARMFUL_EDITS, abs=0.05)
    assert any(forbidden_in(text) for text in edits)
    assert all(text.startswith(PROMPT) for text in edits)
