"""A judge among Agno's scorers is paid, kept and paced like ours."""

import logging
from datetime import date

import pytest
from agno.models.openai import OpenAIChat
from agno.scorer import JudgeScorer

from nightschool.agent import note_model_calls
from nightschool.errors import BudgetExhausted
from nightschool.grading import Grader, NamedScorer
from nightschool.llm import Journal, Limiters, Meter
from nightschool.records import BudgetPolicy, Example, GradingPolicy, ModelPolicy, Night, RatePolicy
from tasks.validate_scorers import close_scorers, watch_scorers
from tests.scripted_endpoint import answering, chat_answer, error

EXAMPLE = Example(example_id="e", session_id="s", question="How much?")


@pytest.fixture
async def grading(tmp_path):
    logging.getLogger("agno").setLevel(logging.CRITICAL)
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", Night(target="t", run_date=date(2026, 11, 21)))
    opened = []

    def make(url, **budget):
        meter = Meter(BudgetPolicy(**budget))
        model = OpenAIChat(id="m", base_url=url, api_key="any", max_retries=0)
        scorers = [NamedScorer("polite", JudgeScorer(model, "polite")).copied()]
        watch_scorers(scorers, Limiters(RatePolicy()), journal, meter, ModelPolicy())
        opened.extend(scorers)
        return Grader(GradingPolicy(use_llm_grader=False), None, scorers, note_model_calls)

    yield make, journal
    await close_scorers(opened)
    journal.close()


async def test_each_sample_is_asked_for_once_and_counted_as_the_judges(grading):
    make, journal = grading
    async with answering([chat_answer('{"passed": true, "reason": "kind"}')]) as endpoint:
        for grader in (make(endpoint.url), make(endpoint.url)):
            for sample in (1, 2, 2):
                grade = await grader.grade(EXAMPLE, "Gladly: 5.", sample=sample)
                assert (grade.reward, grade.judge, grade.reason) == (1.0, 1.0, "polite: kind")
        assert len(endpoint.sent) == 2
    assert journal.spent().calls == {"judge": 2}


@pytest.mark.parametrize("answer", [error(503), error(401), chat_answer("no JSON at all")], ids=["down", "refused", "unreadable"])
async def test_what_could_not_be_heard_is_unscored(grading, answer):
    make, _ = grading
    async with answering([answer]) as endpoint:
        grade = await make(endpoint.url).grade(EXAMPLE, "Gladly: 5.")
    assert grade.reward is None
    assert grade.error.startswith("polite: ")


async def test_an_empty_purse_ends_the_stage(grading):
    make, _ = grading
    async with answering([chat_answer('{"passed": true, "reason": "kind"}')]) as endpoint:
        grader = make(endpoint.url, max_calls=1)
        await grader.grade(EXAMPLE, "Gladly: 5.")
        with pytest.raises(BudgetExhausted):
            await grader.grade(EXAMPLE, "Gladly: 6.")
