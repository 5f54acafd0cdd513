"""Edits by name: the two of the house, and a user's own."""

import sys
import types

import pytest

from nightschool.errors import ConfigError
from nightschool.records import SearchPolicy
from nightschool.training.edits import Proposal, edits_of


class Shouts:
    """A user's own edit."""

    kind = "shouts"

    async def propose(self, parent, count, rng):
        return [Proposal(text=parent.text.upper(), edit=self.kind)]


@pytest.fixture
def company(monkeypatch):
    module = types.ModuleType("a_company_of_its_own")
    module.shouts = Shouts()
    module.number = 3
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_the_edits_of_the_house_come_in_the_policys_order():
    kinds = [edit.kind for edit in edits_of(SearchPolicy(edits=("demonstrations", "critique")), llm=None)]
    assert kinds == ["demonstrations", "critique"]


def test_a_users_own_edit_is_found_by_name(company):
    (edit,) = edits_of(SearchPolicy(edits=("a_company_of_its_own:shouts",)), llm=None)
    assert edit is company.shouts


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("merging", "there is no edit 'merging'"),
        ("a_company_of_its_own:whispers", "can't be imported"),
        ("no_such_package:edit", "can't be imported"),
        ("a_company_of_its_own:number", "has no `propose`"),
    ],
)
def test_a_name_that_leads_nowhere_is_a_wrong_setting(name, said, company):
    with pytest.raises(ConfigError, match=said) as caught:
        edits_of(SearchPolicy(edits=(name,)), llm=None)
    assert "search.edits" in str(caught.value)
