"""The upper bound of what a night can take."""

import pytest

from nightschool.dataset import RecordedAnswer
from nightschool.evaluation import AnchorWatch, check_judge, grade_anchors, side_by_side
from nightschool.grading import anchors_from
from nightschool.grading.grader import Grade
from nightschool.preflight import upper_bound
from nightschool.preflight.estimate import budget_warning, most_checked
from nightschool.records import (
    BudgetPolicy,
    Example,
    GatePolicy,
    GradingPolicy,
    ModelPolicy,
    SearchPolicy,
    ShadowPolicy,
    Splits,
    ToolCall,
)

SEARCH = SearchPolicy(
    max_iterations=2, beam_width=2, branch_factor=3, gradient_batch_size=8, edits=("critique", "demonstrations"), screen_size=0
)
TRIAL = 2 * 36
"""The judge's, on recorded answers; a grade may be asked for twice."""
FREE = ModelPolicy(input_usd_per_mtok=0, output_usd_per_mtok=0)


def examples(*session_sizes, user="", tools=0):
    return tuple(
        Example(
            example_id=f"real_{session}_msg_{n}",
            session_id=str(session),
            question="?",
            user_id=user,
            tool_calls=(ToolCall(name="look_up"),) * tools,
        )
        for session, size in enumerate(session_sizes)
        for n in range(size)
    )


def bound(search=SEARCH, judge=True, held_out=(1,) * 100, models=FREE, examined=(), train=100, tools=0, user="", **gate):
    splits = Splits(
        train=examples(*(1,) * train, tools=tools), validation=examples(*(1,) * 50), held_out=examples(*held_out, user=user)
    )
    return upper_bound(search, GatePolicy(**gate), GradingPolicy(use_llm_grader=judge), models, splits, examined=examined)


def test_every_candidate_on_every_example_and_both_arms_of_the_exam():
    # Seed, then 1 and 2 parents with a batch of 24 each, their 6 and 12 children, and the exam.
    assert bound().rollouts == 50 + 3 * 24 + (6 + 12) * 50 + 2 * 100
    assert bound(train=10).rollouts == 50 + 3 * 10 + (6 + 12) * 50 + 2 * 100


def test_each_rollout_is_one_call_and_a_grade_asked_for_twice_and_each_critique_an_edit():
    assert bound().llm_calls == 3 * bound().rollouts + 2 * 3 * 3 + TRIAL
    assert bound(judge=False).llm_calls == bound().rollouts + 18


def test_each_tool_of_the_busiest_answer_is_another_call_of_every_rollout():
    assert bound(tools=2, judge=False).llm_calls == 3 * bound().rollouts + 18


def test_with_a_screen_only_what_passes_is_ranked_and_only_the_last_race_runs_on_all():
    screened = SEARCH.model_copy(update={"screen_size": 8, "races": (4, 16), "edits": ("critique", "merge")})
    # 3 parents, batches of 24, 6 children at the screen, 3 and one merged in a race of 16; then the beam and the seed.
    assert bound(screened).rollouts == 3 * 24 + 3 * 6 * 8 + 3 * 4 * 16 + 50 + 2 * (50 - 16) + 2 * 100
    assert bound(screened).llm_calls == 3 * bound(screened).rollouts + 2 * 3 * 3 + 2 * 3 + TRIAL


async def test_what_the_judge_is_asked_to_check_it_is_in_the_bound_to_the_last_call():
    asked = set()

    class Judge:
        async def grade(self, example, answer, *, sample=0):
            asked.add((example.question, answer, sample))  # the journal answers what was asked before
            return Grade(reward=0.5, judge=0.5)

    curated = [
        Example(example_id=f"c{n}", session_id="", question=f"q{n}", expected_answer=f"{n}", origin="curated") for n in range(9)
    ]
    anchors, policy = anchors_from(curated), GatePolicy()
    await check_judge(Judge(), anchors, [RecordedAnswer(question=f"r{n}", answer=f"a{n}") for n in range(30)])
    await grade_anchors(Judge(), anchors)
    watch = AnchorWatch(Judge(), anchors)
    for batch in range(policy.horizon // policy.batch):
        await side_by_side(watch.beside(batch))
    assert len(asked) == most_checked(policy, GradingPolicy(), curated=True)
    assert most_checked(policy, GradingPolicy(use_llm_grader=False), curated=True) == 0


def test_each_must_pass_question_is_asked_thrice():
    marked = examples(1)[0].model_copy(update={"must_pass": True})
    splits = Splits(train=(marked,), validation=(), held_out=())
    plain = splits.model_copy(update={"train": examples(1)})
    rollouts = [upper_bound(SEARCH, GatePolicy(), GradingPolicy(), FREE, one).rollouts for one in (splits, plain)]
    assert rollouts[0] - rollouts[1] == 3


def test_demonstrations_are_written_without_a_call():
    only = SEARCH.model_copy(update={"edits": ("demonstrations",)})
    assert bound(only, judge=False).llm_calls == bound(only).rollouts


def examining(*held_out, **given):
    return bound(held_out=held_out, **given).rollouts - bound(held_out=()).rollouts


def test_the_exam_has_every_example_of_the_largest_units_that_its_horizon_has_room_for():
    sizes = (1,) * 30 + (7, 5)
    assert examining(*sizes) == 2 * 42
    assert examining(*sizes, horizon=10) == 2 * (7 + 5 + 8)
    assert examining(*sizes, horizon=10, examined={"30"}) == 2 * (5 + 9)


def test_what_runs_beside_a_promotion_is_in_it():
    def rollouts(**policy):
        splits = Splits(train=(), validation=(), held_out=examples(3, 2, 1))
        shadow = ShadowPolicy(units_a_night=2, **policy)
        return upper_bound(SEARCH, GatePolicy(horizon=60), GradingPolicy(), FREE, splits, shadow=shadow).rollouts

    assert rollouts() - rollouts(nights=0) == 2 * 5


def test_a_user_with_many_sessions_is_one_unit_where_users_are_counted():
    assert examining(*(1,) * 30, horizon=10, user="ana", unit="user") == 2 * 30


def test_the_cost_is_that_of_large_calls_at_the_policys_prices():
    models = ModelPolicy(input_usd_per_mtok=1.0, output_usd_per_mtok=10.0, max_output_tokens=500)
    critics = 3 * 3 * (SEARCH.max_critic_tokens + 5000)
    assert bound(models=models).cost_usd == pytest.approx(((bound().llm_calls - 9) * (6000 + 5000) + critics) / 1e6)


def test_a_budget_that_one_iteration_may_exceed_is_warned_of():
    splits = Splits(train=examples(*(1,) * 100), validation=examples(*(1,) * 50), held_out=examples(1, 1))

    def warning(**limits):
        return budget_warning(BudgetPolicy(gate_share=0.5, **limits), SEARCH, GradingPolicy(use_llm_grader=False), FREE, splits)

    calls = (1 + 6) * 50 + 24 + 2 * 3
    assert warning() == warning(max_calls=2 * calls) == ""
    assert f"at most {calls} calls" in warning(max_calls=2 * calls - 2)
    assert f"budget.max_calls leaves {calls - 1} for the search" in warning(max_calls=2 * calls - 2)
    assert "budget.max_tokens" in warning(max_tokens=1000)
