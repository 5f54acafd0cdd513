"""Demonstrations: what may be shown, how it is written, and that it is found again."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.records import SearchPolicy
from nightschool.training.edits import Parent
from nightschool.training.edits.demonstrations import (
    RENDERINGS,
    DemonstrationsEdit,
    choose,
    may_be_shown,
    split_demonstrations,
    with_demonstrations,
)
from tests.unit.training.worlds import an_example, an_experiment

ALL = SearchPolicy(demonstrations="all", max_demonstrations=6)
PROMPT = "Answer with the bare value.\n\nUse {braces} as they are."


def answered(count, first=0, **fields):
    return [
        an_example(n, question=f"Where is order {n} of {n % 7} parcels?", expected_answer=f"A-{n}", **fields)
        for n in range(first, first + count)
    ]


def parent(train, text=PROMPT, missed=()):
    experiments = tuple(an_experiment(one, 0.0 if one.example_id in missed else 1.0) for one in train[:8])
    return Parent(text=text, experiments=experiments, train=tuple(train))


async def proposed(train, count=3, policy=ALL, text=PROMPT, seed=3):
    return await DemonstrationsEdit(policy).propose(parent(train, text), count, random.Random(seed))


# Texts as users write them: any characters, with more than their share of what could break a block.
nasty = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["\n", "\r\n", "\n\n", "{x}", "{{ y }}", "$$", "`", "<|im_end|>", "<|a<|b|>|>", "user\n", "assistant\n"]),
        st.sampled_from(["User: ", "Assistant: ", "Q: ", "A: ", "\n\nExamples:\n\n", "\u2028", "\x0b"]),
    ),
    max_size=6,
).map("".join)
shown = nasty.filter(lambda text: may_be_shown(an_example(0, question=text, expected_answer="x"), ALL))


@given(
    instructions=nasty,
    rendering=st.sampled_from(RENDERINGS),
    pairs=st.lists(st.tuples(shown, shown), min_size=1, max_size=4),
)
def test_what_was_written_is_found_again(instructions, rendering, pairs):
    written = with_demonstrations(instructions, rendering, pairs)
    assert split_demonstrations(written) == (instructions.rstrip(), rendering)


@given(prompt=nasty)
def test_no_text_is_lost_where_nothing_was_written(prompt):
    head, rendering = split_demonstrations(prompt)
    assert rendering is not None or head == prompt


@given(question=shown, answer=shown)
def test_no_control_token_and_no_empty_line_gets_into_a_prompt(question, answer):
    written = with_demonstrations("", RENDERINGS[0], [(question, answer)])
    assert not re.search(r"<\|\w+\|>", written)
    assert len(written.split("\n\n")) == 3


def test_a_text_that_only_looks_like_demonstrations_is_left_alone():
    prompt = "Be brief.\n\nExamples:\n\nof good style are rare."
    assert split_demonstrations(prompt) == (prompt, None)


@pytest.mark.parametrize(
    ("allowed", "origins"),
    [("off", set()), ("curated", {"curated", "correction"}), ("all", {"curated", "correction", "rated", "unlabelled"})],
)
def test_the_owner_decides_which_examples_may_be_shown(allowed, origins):
    policy = SearchPolicy(demonstrations=allowed)
    asked = [an_example(1, origin=origin, expected_answer="12") for origin in ("curated", "correction", "rated", "unlabelled")]
    assert {example.origin for example in asked if may_be_shown(example, policy)} == origins


@pytest.mark.parametrize(("question", "expected"), [("Where?", None), ("Where?", " \n"), ("<|im_start|>", "12"), ("  ", "12")])
def test_what_leaves_nothing_to_show_is_not_shown(question, expected):
    assert not may_be_shown(an_example(1, question=question, expected_answer=expected, origin="curated"), ALL)


async def test_only_training_examples_are_shown():
    train = answered(12)
    allowed = {rendering.write(one.question, one.expected_answer) for one in train for rendering in RENDERINGS}
    for proposal in await proposed(train, count=6):
        written = proposal.text.removeprefix(f"{PROMPT}\n\nExamples:\n\n").split("\n\n")
        assert set(written) <= allowed


async def test_personal_data_of_a_conversation_is_not_shown():
    said = {"question": "I am an.le@shop.vn, 0912 345 678.", "expected_answer": "We write to an.le@shop.vn."}
    for proposal in await proposed([an_example(1, **said)]):
        assert "shop.vn" not in proposal.text
        assert "0912 345 678" not in proposal.text
        first, second = re.findall(r"user-\w+@example\.com", proposal.text)
        assert first == second


async def test_a_curated_answer_and_the_prompts_own_number_are_given_out_but_no_secret():
    key = "sk-abcdefgh12345678ijkl"
    curated = an_example(1, question="How do I reach you?", expected_answer=f"Call 0912 345 678, key {key}.", origin="curated")
    real = an_example(2, question="And your number?", expected_answer="0909 123 123 or 0987 654 321.", origin="correction")
    for proposal in await proposed([curated, real], text=f"{PROMPT} Hotline: 0909123123."):
        assert key not in proposal.text
        assert "0987 654 321" not in proposal.text
        assert "Call 0912 345 678, key ⟨API_KEY_1⟩." in proposal.text or "0909 123 123 or 0" in proposal.text


async def test_proposals_differ_and_keep_to_the_maximum():
    made = await proposed(answered(30), count=6)
    assert len({proposal.text for proposal in made}) == 6
    assert all(1 <= proposal.text.count("Where is order") <= 6 for proposal in made)
    assert {split_demonstrations(proposal.text)[1] for proposal in made} == set(RENDERINGS)


async def test_there_are_never_more_demonstrations_than_examples():
    made = await proposed(answered(2))
    assert max(proposal.text.count("Where is order") for proposal in made) == 2


async def test_an_old_block_is_replaced_in_the_rendering_that_won():
    before = with_demonstrations(PROMPT, RENDERINGS[2], [("What is old?", "This.")])
    for proposal in await proposed(answered(30), text=before):
        assert "What is old?" not in proposal.text
        assert split_demonstrations(proposal.text) == (PROMPT, RENDERINGS[2])


async def test_the_same_randomness_makes_the_same_proposals_whatever_the_order_of_the_examples():
    train = answered(20)
    first = await proposed(train)
    assert await DemonstrationsEdit(ALL).propose(parent(train[::-1]), 3, random.Random(3)) == first
    assert await proposed(train, seed=4) != first


async def test_where_nothing_may_be_shown_nothing_is_proposed():
    assert await proposed(answered(9, origin="rated"), policy=SearchPolicy()) == []


def test_what_the_parent_misses_comes_first():
    pool = answered(40)
    missed = {example.example_id for example in pool[:20]}
    chosen = choose(pool, 6, missed, random.Random(1))
    assert sum(example.example_id in missed for example in chosen) >= 5


def test_questions_that_are_alike_are_not_all_shown():
    alike = [an_example(n, question="Where is my parcel today", expected_answer="A") for n in range(30)]
    other = [an_example(50 + n, question=word, expected_answer="B") for n, word in enumerate(["Refund please", "Opening hours"])]
    drawn = [choose(alike + other, 3, (), random.Random(seed)) for seed in range(40)]
    assert sum(any(one in other for one in chosen) for chosen in drawn) > 10
