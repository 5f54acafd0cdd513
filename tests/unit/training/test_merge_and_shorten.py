"""Merging what helped siblings, and dropping what the reward may not miss."""

import random

import pytest

from nightschool.errors import EndpointRefused, LLMError
from nightschool.records import SearchPolicy
from nightschool.training.edits import Parent
from nightschool.training.edits.demonstrations import RENDERINGS, split_block, with_demonstrations
from nightschool.training.edits.merge import MergeEdit
from nightschool.training.edits.shorten import ShortenEdit
from tests.unit.training.test_critique import Canned

SHOWN = [(f"question {n}?", f"answer {n}") for n in range(6)]


def parent(text="Be brief.", accepted=()):
    return Parent(text=text, experiments=(), train=(), accepted=accepted)


async def merged(llm, of):
    return await MergeEdit(llm, SearchPolicy()).propose(of, 3, random.Random(5))


async def test_all_that_helped_siblings_is_applied_in_one_call():
    llm = Canned(editor="Be brief.\nGive units.\nGreet.")
    (child,) = await merged(llm, parent(accepted=("Ask for units.", "Ask for a greeting.")))
    assert (child.text, child.edit, child.change) == (
        "Be brief.\nGive units.\nGreet.",
        "merge",
        "added: Give units. (+1 more lines)",
    )
    ((role, chat, *_),) = llm.asked
    assert role == "editor"
    assert all(words in chat[-1]["content"] for words in ("Be brief.", "Ask for units.", "Ask for a greeting."))


async def test_nothing_is_paid_for_where_nothing_helped():
    llm = Canned()
    assert await merged(llm, parent()) == []
    assert llm.asked == []


async def test_an_editor_that_changes_nothing_says_the_same_again_and_one_that_refuses_costs_one():
    (same,) = await merged(Canned(editor="Be brief."), parent(accepted=("x",)))
    assert same.text == "Be brief."
    refused = LLMError("content filter")
    assert await merged(Canned(editor=refused), parent(accepted=("x",))) == [refused]
    with pytest.raises(EndpointRefused):
        await merged(Canned(editor=EndpointRefused("401")), parent(accepted=("x",)))


async def shortened(text, count=3, seed=5):
    return await ShortenEdit().propose(parent(text), count, random.Random(seed))


async def test_half_of_the_demonstrations_go_first():
    text = with_demonstrations("Be brief.\nGive units.", RENDERINGS[0], SHOWN)
    (child,) = await shortened(text)
    assert child.change == "3 demonstrations fewer"
    assert split_block(child.text) == ("Be brief.\nGive units.", split_block(text)[1][:3])


async def test_then_one_paragraph_at_a_time_and_the_rest_stays_as_it_is():
    text = "Be brief.\n\n  - Give units.\n\tGreet.\n"
    children = await shortened(text, count=30)
    assert {child.text for child in children} == {
        "  - Give units.\n\tGreet.",
        "Be brief.\n\n\tGreet.",
        "Be brief.\n\n  - Give units.",
    }
    assert len({child.change for child in children}) == 3


@pytest.mark.parametrize("text", ["", "Be brief.", "\n\nBe brief.\n\n"])
async def test_a_single_paragraph_is_not_dropped(text):
    assert await shortened(text, count=30) == []
