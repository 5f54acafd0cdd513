"""The world: whatever is asked is understood, and what is true follows from the question alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.simulator import order_status
from nightschool.simulator.comparing import agrees
from nightschool.simulator.language import Language
from nightschool.simulator.problem import Problem
from nightschool.simulator.problems import PROBLEMS
from nightschool.simulator.world import DOMAIN_SHARES, ask_anything, population, recognise, understand


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
@pytest.mark.parametrize("language", ["en", "vi"])
def test_every_wording_is_understood_as_what_it_asks(problem: Problem, language: Language) -> None:
    rng = Random(1)
    for wording in range(len(problem.wordings)):
        values = {name: slot.sample(rng) for name, slot in problem.slots.items()}
        found = recognise(problem.ask(wording, values, language))
        assert found is not None
        assert (found.problem, found.language) == (problem, language)
        assert found.truth == problem.solve({**values, **found.values})


@given(st.integers(), st.sampled_from(["en", "vi"]))
def test_politeness_case_and_marks_change_nothing(seed: int, language: Language) -> None:
    question = ask_anything(Random(seed), language)
    plain = recognise(question)
    assert plain is not None
    for variant in (question.upper(), f"Shop ơi, {question} pls!!", question.rstrip("?."), f"  {question}\n"):
        found = recognise(variant)
        assert found is not None
        assert found.expected_answer == plain.expected_answer


def test_a_scrubbed_name_is_as_good_as_any() -> None:
    found = recognise("⟨NAME_1⟩ buys 7 lamps at 20000 VND each. How much is that in total?")
    assert found is not None
    assert found.expected_answer == "140000 VND"


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_mistake_is_never_right(seed: int, chance: float) -> None:
    (question,) = population(seed, 1)
    if question.truth.kind != "unknown":
        assert not agrees(question.expected_answer, question.truth.mistaken(chance).text(question.language))
    if question.truth.kind == "number" and question.truth.value:
        assert not agrees(question.expected_answer, question.truth.in_a_wrong_unit(chance).bare(question.language))


def test_all_domains_difficulties_and_both_languages_occur_by_their_shares() -> None:
    everybody = population(7, 2000)
    assert len({question.text for question in everybody}) > 1950
    for domain, share in DOMAIN_SHARES.items():
        assert abs(sum(q.problem.domain == domain for q in everybody) / 2000 - share) < 0.04
    for difficulty in ("easy", "medium", "hard"):
        assert sum(q.problem.difficulty == difficulty for q in everybody) > 300
    assert sum(q.language == "vi" for q in everybody) == 1000


def test_a_follow_up_changes_the_first_number_of_what_was_asked_before() -> None:
    asked = "Nếu một món giá 20000 đồng thì 7 cái đèn hết bao nhiêu?"
    found = understand([asked, "Thế nếu là 9 thì sao?"])
    assert found is not None
    assert found.expected_answer == "180000 đồng"
    assert understand(["cảm ơn", "Thế nếu là 9 thì sao?"]) is None


@pytest.mark.parametrize(
    "text", ["hello", "cảm ơn nhé", "👍", "What is the meaning of life?", "", "on which weekday does 2026-02-31 fall?"]
)
def test_what_the_world_does_not_know_is_not_understood(text: str) -> None:
    assert recognise(text) is None


def test_orders_are_what_the_desk_says_they_are() -> None:
    found = recognise("What is the status of order 63775?")
    assert found is not None
    assert f"status {found.expected_answer};" in order_status("63775")
    assert order_status("order 63775") == order_status("63775")
    assert order_status("none") == "unknown order 'none'"
