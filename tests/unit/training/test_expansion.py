"""Children of one parent by every edit: what one is refused does not take the others' proposals away."""

import random

import pytest

from nightschool.errors import BudgetExhausted, ContextExceeded, EndpointRefused, LLMError, TransientError
from nightschool.records import SearchPolicy
from nightschool.training.edits import Proposal
from nightschool.training.expansion import children_of, warnings_of
from tests.unit.training.worlds import World, examples

POLICY = SearchPolicy(branch_factor=3, gradient_batch_size=4)


class Makes:
    """Returns what it is given; an error that is all of it is raised."""

    kind = "makes"

    def __init__(self, *made):
        self.made = made

    async def propose(self, parent, count, rng):
        if len(self.made) == 1 and isinstance(self.made[0], Exception):
            raise self.made[0]
        return list(self.made)


def proposal(text):
    return Proposal(text=text, edit="makes")


async def made_by(*edits):
    return await children_of("seed", [], examples(30), World(lambda *_: 0.5).roll, edits, POLICY, random.Random(1))


async def test_what_is_refused_stands_beside_what_all_edits_propose():
    error = LLMError("content filter")
    children = await made_by(Makes(proposal("a")), Makes(error, proposal("b")))
    assert [one.text for one in children.proposals] == ["a", "b"]
    assert children.refused == [error]


async def test_an_edit_that_ends_with_a_refusal_has_all_of_its_proposals_refused():
    error = ContextExceeded("too long")
    children = await made_by(Makes(error), Makes(proposal("a")))
    assert [one.text for one in children.proposals] == ["a"]
    assert children.refused == [error] * 3


@pytest.mark.parametrize("error", [TransientError("503"), BudgetExhausted("used up"), EndpointRefused("401")])
async def test_what_no_edit_would_fare_better_with_ends_them_all(error):
    with pytest.raises(type(error)):
        await made_by(Makes(proposal("a")), Makes(error))


async def test_a_mistake_in_an_edit_is_not_taken_for_a_refusal():
    with pytest.raises(ZeroDivisionError):
        await made_by(Makes(ZeroDivisionError("a bug")), Makes(proposal("a")))


def test_refusals_of_one_kind_are_one_warning_whatever_their_numbers():
    refused = [
        ContextExceeded("the critic's call is too long: 1555 tokens of 1536"),
        LLMError("the critic's call failed: content filter, request req_7a"),
        ContextExceeded("the critic's call is too long: 1,701 tokens of 1536"),
        ContextExceeded("the editor's call is too long: 1600 tokens of 1536"),
        LLMError("the critic's call failed: content filter, request req_9f"),
    ]
    assert warnings_of(2, refused) == [
        "iteration 2 lacks 2 candidates: the critic's call is too long: 1555 tokens of 1536",
        "iteration 2 lacks 2 candidates: the critic's call failed: content filter, request req_7a",
        "iteration 2 lacks 1 candidate: the editor's call is too long: 1600 tokens of 1536",
    ]


def test_without_refusals_there_is_nothing_to_warn_of():
    assert warnings_of(1, []) == []
