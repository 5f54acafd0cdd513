"""The upper bound of what a night can take."""

import pytest

from nightschool.preflight import upper_bound
from nightschool.records import GatePolicy, GradingPolicy, ModelPolicy, SearchPolicy

SEARCH = SearchPolicy(
    max_iterations=2, beam_width=2, branch_factor=3, gradient_batch_size=8, edits=("critique", "demonstrations")
)
FREE = ModelPolicy(input_usd_per_mtok=0, output_usd_per_mtok=0)


def bound(search=SEARCH, judge=True, held_out=100, models=FREE, horizon=300):
    return upper_bound(
        search, GatePolicy(horizon=horizon), GradingPolicy(use_llm_grader=judge), models, validation=50, held_out=held_out
    )


def test_every_candidate_on_every_example_and_both_arms_of_the_exam():
    # Seed, then 1 and 2 parents with a batch of 24 each, their 6 and 12 children, and the exam.
    assert bound().rollouts == 50 + 3 * 24 + (6 + 12) * 50 + 2 * 100


def test_each_rollout_is_one_call_and_one_grade_and_each_critique_an_edit():
    assert bound().llm_calls == 2 * bound().rollouts + 2 * 3 * 3
    assert bound(judge=False).llm_calls == bound().rollouts + 18


def test_demonstrations_are_written_without_a_call():
    only = SEARCH.model_copy(update={"edits": ("demonstrations",)})
    assert bound(only, judge=False).llm_calls == bound(only).rollouts


def test_the_exam_ends_at_the_gates_horizon():
    assert bound(held_out=900).rollouts - bound(held_out=300).rollouts == 0


def test_the_cost_is_at_the_policys_prices():
    models = ModelPolicy(input_usd_per_mtok=1.0, output_usd_per_mtok=10.0)
    assert bound(models=models).cost_usd == pytest.approx(bound().llm_calls * (1500 + 4000) / 1e6)
