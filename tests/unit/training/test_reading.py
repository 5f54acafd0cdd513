"""What of an editor's answer is the prompt: certain things are taken off, what is uncertain is no prompt."""

import pytest

from nightschool.llm import Reply
from nightschool.training.edits.reading import CUT_OFF, EXPLAINS, FILTERED, REFUSES, read_edit

BEFORE = "Be kind to {name}."
FENCE = "```"


def read(answer, before=BEFORE, finish_reason="stop"):
    edited = read_edit(Reply(text=answer, finish_reason=finish_reason), before)
    return edited.unusable or edited.text


@pytest.mark.parametrize(
    "answer",
    [
        "Be brief.",
        "  Be brief. \n",
        f"{FENCE}\nBe brief.\n{FENCE}",
        f"{FENCE}markdown\nBe brief.\n{FENCE}\n",
        f"Here is the revised prompt:\n{FENCE}\nBe brief.\n{FENCE}",
        f"Here's the improved system prompt:\n\n{FENCE}text\nBe brief.\n{FENCE}\n\nI added brevity.",
        "**Revised Prompt:**\n\nBe brief.",
        "Sure! Here is the updated version of it:\nBe brief.",
    ],
)
def test_what_is_certain_is_taken_off(answer):
    assert read(answer) == "Be brief."


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("Sure, I made it brief.\nBe brief.", EXPLAINS),
        (f"Here it is:\n{FENCE}\nBe brief.\n{FENCE}", EXPLAINS),
        ("Be brief.\n\nChanges made:\n- brevity", EXPLAINS),
        ("Be brief.\n\n**Explanation:**\nIt is shorter.", EXPLAINS),
        ("Revised prompt:\nBe brief.\n\nI changed the tone.", EXPLAINS),
        (f"Here is the new prompt:\n{FENCE}\nBe {FENCE}brief.\n{FENCE}\nx\n{FENCE}\ny\n{FENCE}", EXPLAINS),
        ("I'm sorry, but I can't help with that.", REFUSES),
        ("Sorry, I can’t rewrite this.", REFUSES),
    ],
)
def test_what_is_uncertain_is_no_prompt(answer, why):
    assert read(answer) == why


@pytest.mark.parametrize(
    "prompt",
    [
        f"Use {FENCE}json\n{{}}\n{FENCE} and stop.",
        f"{FENCE}json\n{{}}\n{FENCE}\nAnswer so.\n{FENCE}json\n[]\n{FENCE}",
        "Explain your changes to the order.\nIf you are unsure, say: I cannot know that.",
        "You are the new version of our assistant. Answer in this form:\n\nResult: …",
        "Give the explanation: first the rule, then the result.",
        "1. Read.\n2. Here is what matters: units.",
    ],
)
def test_a_prompt_stays_as_it_is(prompt):
    assert read(prompt) == prompt


def test_what_the_prompt_said_before_may_stay_in_it():
    before = "Sure is our shop's name.\nExplanation:\nWe sell lamps."
    assert read(f"{before}\nBe brief.", before) == f"{before}\nBe brief."


@pytest.mark.parametrize(("reason", "why"), [("length", CUT_OFF), ("content_filter", FILTERED)])
def test_half_a_prompt_is_none(reason, why):
    assert read("Be br", finish_reason=reason) == why
