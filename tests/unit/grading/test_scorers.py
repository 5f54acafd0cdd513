"""Agno's own scorers grade as they are, beside the judge or in its place, and an errored one is no opinion."""

import sys
from types import SimpleNamespace

import pytest
from agno.models.openai import OpenAIChat
from agno.scorer import CodeScorer, JudgeScorer, ToolCallScorer

from nightschool.errors import BudgetExhausted, ConfigError
from nightschool.grading import Grader, NamedScorer, gradable, load_scorers
from nightschool.records import Example, GradingPolicy

EXAMPLE = Example(
    example_id="e", session_id="s", question="How much?", expected_answer="420000 VND", origin="correction", run_id="r"
)
CALLED = [{"tool_name": "calculator", "tool_args": {"expression": "12*35000"}, "tool_call_id": "c1", "result": "420000"}]
REFUSED = [CALLED[0] | {"tool_call_error": True}]


def only(*scorers, weight=0.4):
    """A grader without a judge of ours."""
    policy = GradingPolicy(use_llm_grader=False, accuracy_weight=weight)
    return Grader(policy, None, [NamedScorer(f"s{n}", scorer) for n, scorer in enumerate(scorers)])


def seen(run, expected):
    roles = [message.role for message in run.messages]
    assert (run.input.input_content, run.content, expected, roles) == (
        "How much?",
        "420000 VND",
        "420000 VND",
        ["user", "assistant"],
    )
    return 0.5


async def test_a_code_scorer_sees_question_answer_chat_and_reference():
    said = [{"role": "user", "content": "How much?"}, {"role": "assistant", "content": "420000 VND"}]
    grade = await only(CodeScorer(seen)).grade(EXAMPLE, "420000 VND", messages=said)
    assert (grade.reward, grade.accuracy, grade.judge, grade.error) == (pytest.approx(0.4 + 0.6 * 0.5), 1.0, None, "")


@pytest.mark.parametrize(("tools", "reward"), [(CALLED, 1.0), (REFUSED, 0.4), ([], 0.4)])
async def test_a_tool_call_scorer_sees_what_was_executed(tools, reward):
    grade = await only(ToolCallScorer(["calculator"])).grade(EXAMPLE, "420000 VND", tools=tools)
    assert grade.reward == pytest.approx(reward)


async def test_several_share_the_part_that_is_not_accuracy():
    half, none = CodeScorer(lambda run, expected: 0.5), CodeScorer(lambda run, expected: False)
    assert (await only(half, none).grade(EXAMPLE, "wrong")).reward == pytest.approx(0.6 * 0.25)
    without_reference = EXAMPLE.model_copy(update={"expected_answer": None})
    assert (await only(half).grade(without_reference, "any")).reward == 0.5


class Own:
    """A site's own scorer, which keeps to Agno's Protocol and to nothing else."""

    def __init__(self, value):
        self.value = value

    async def ascore(self, run, expected=None):
        return SimpleNamespace(value=self.value, reason="because")


def broken(run, expected):
    raise KeyError("price")


@pytest.mark.parametrize(
    ("scorer", "words"),
    [
        (CodeScorer(broken), "KeyError: 'price'"),
        (Own(7), "must lie in [0, 1], not 7"),
        (Own(float("nan")), "not nan"),
        (Own("?"), "s0: Value"),
    ],
)
async def test_an_errored_scorer_leaves_the_answer_unscored(scorer, words):
    grade = await only(scorer).grade(EXAMPLE, "420000 VND")
    assert grade.reward is None
    assert words in grade.error


async def test_an_empty_purse_is_no_opinion_of_a_scorers_model_either():
    empty = BudgetExhausted("budget.max_calls is used up", next_step="-")
    grader = Grader(
        GradingPolicy(use_llm_grader=False), None, [NamedScorer("s", Own(1.0))], lambda _: SimpleNamespace(stopped=empty)
    )
    with pytest.raises(BudgetExhausted):
        await grader.grade(EXAMPLE, "420000 VND")


def judging(criteria="polite", model="m", **fields):
    return JudgeScorer(OpenAIChat(id=model, api_key="any"), criteria, **fields)


async def test_a_scorer_with_a_model_is_a_judge_and_a_code_scorer_is_none():
    class Judge(Own):
        model = "m"

    grade = await only(Judge(0.8), Own(0.2)).grade(EXAMPLE, "420000 VND")
    assert (grade.judge, grade.reward, grade.reason) == (0.8, pytest.approx(0.4 + 0.6 * 0.5), "s0: because; s1: because")
    assert NamedScorer("j", judging()).is_judge


def test_a_copy_has_a_model_of_its_own():
    shared = NamedScorer("j", judging())
    first, second = shared.copied(), shared.copied()
    models = [one.scorer.model for one in (shared, first, second)]
    assert len({id(model) for model in models}) == 3
    assert first.scorer._evaluator.model is first.scorer.model
    assert first.identity == shared.identity


def test_what_changes_scores_changes_the_graders_name():
    names = {
        only().identity, only(judging()).identity, only(judging("brief")).identity, only(judging(model="n")).identity,
        only(judging(mode="numeric")).identity, only(CodeScorer(seen)).identity, only(CodeScorer(broken)).identity,
        only(Own(1)).identity, only(Own(2)).identity,
    }  # fmt: skip
    assert len(names) == 9
    assert only(judging()).identity == only(judging()).identity
    assert only(Own(CodeScorer)).identity == only(Own(CodeScorer)).identity


MODULE = """
from agno.scorer import CodeScorer

fine = CodeScorer(lambda run, expected: True)
sync = type("Sync", (), {"ascore": lambda self, run, expected=None: None})()
"""


def test_scorers_are_named_in_the_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "site_scorers.py").write_text(MODULE)
    [found] = load_scorers(["site_scorers:fine"])
    assert (found.name, found.is_judge) == ("site_scorers:fine", False)
    for bad in ("site_scorers:nothing", "no_such_module:x", "site_scorers", "site_scorers:sync", "agno.scorer:CodeScorer"):
        with pytest.raises(ConfigError, match=r"grading\.scorers"):
            load_scorers([bad])
    assert gradable(EXAMPLE.model_copy(update={"expected_answer": None}), GradingPolicy(use_llm_grader=False, scorers=["a:b"]))
