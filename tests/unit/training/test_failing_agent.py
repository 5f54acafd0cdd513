"""What a search costs where nothing works: calls are counted at the endpoint."""

import logging
from datetime import date

import pytest
from agno.agent import Agent
from agno.models.openai import OpenAIChat

from nightschool.agent import Target
from nightschool.errors import ConfigError, LLMError
from nightschool.evaluation import Evaluator, side_by_side
from nightschool.grading import Grader
from nightschool.llm import LLM, AgentCalls, Journal, Meter
from nightschool.records import BudgetPolicy, GradingPolicy, ModelPolicy, Night, SearchPolicy
from nightschool.training.beam import BeamSearch
from nightschool.training.edits import Experiment, edits_of
from tests.scripted_endpoint import answering, chat_answer, error
from tests.unit.training.worlds import examples

BATCH = 6
POLICY = SearchPolicy(races=(BATCH,), edits=("critique",))


@pytest.fixture(autouse=True)
def nothing_is_waited_for(monkeypatch):
    logging.getLogger("agno").setLevel(logging.CRITICAL)
    monkeypatch.setattr("nightschool.evaluation.evaluator.FIRST_WAIT_S", 0)
    monkeypatch.setattr("nightschool.llm.limiter.FIRST_PAUSE_S", 0)


def look_up(order: str) -> str:
    """Look an order up."""
    return "not found"


LOOKS_UP = chat_answer(
    "", tool_calls=[{"id": "c", "type": "function", "function": {"name": "look_up", "arguments": '{"order": "A"}'}}]
)
NOTHING_WORKS = {
    "every request is refused": (error(400), ConfigError, "all 6 rollouts", BATCH),
    "no answer has a word": (chat_answer(""), ConfigError, "ended without an answer", BATCH),
    "it loops on its tools": (LOOKS_UP, ConfigError, "more than 3 model calls", 3 * BATCH),
    "an outage": (error(503), LLMError, "6 of 6 rollouts", 2 * BATCH),
    "a wrong key": (error(401), LLMError, "6 of 6 rollouts", 2 * BATCH),
    "the judge talks nonsense": (chat_answer("Nice!"), LLMError, "gave no grade that can be read", 3 * BATCH),
}


@pytest.mark.parametrize(("answer", "kind", "said", "most"), NOTHING_WORKS.values(), ids=NOTHING_WORKS)
async def test_it_costs_one_batch_at_most_and_says_why(tmp_path, answer, kind, said, most):
    """Each rollout is one call of the agent, tried again once in an outage; a grade that can't be read is asked for twice."""
    journal, meter = (
        Journal(f"sqlite:///{tmp_path / 'j.db'}", Night(target="t", run_date=date(2026, 11, 21))),
        Meter(BudgetPolicy()),
    )
    async with answering([answer]) as endpoint:
        models = ModelPolicy(base_url=endpoint.url, max_attempts=2)

        def build(prompt):
            model = OpenAIChat(id="m", base_url=endpoint.url, api_key="any", max_retries=0)
            return Agent(model=model, system_message=prompt, resolve_in_context=False, telemetry=False, tools=[look_up])

        llm = LLM(models, "any", journal=journal, meter=meter)
        target = Target(build, safe_tools=["*"], max_llm_calls=3, journaled=AgentCalls(journal, meter, models))
        evaluator = Evaluator(target, Grader(GradingPolicy(), llm), journal, meter, models)

        async def roll(text, asked, mode):
            rollouts = await side_by_side(evaluator.run(text, example) for example in asked)
            return [Experiment(example=one, rollout=rollout) for one, rollout in zip(asked, rollouts, strict=True)]

        try:
            with pytest.raises(kind, match=said):
                await BeamSearch(POLICY, edits_of(POLICY, llm), seed=1).run("Be brief.", examples(9), examples(20, 100), roll)
        finally:
            await target.aclose()
            await llm.aclose()
            journal.close()
    assert len(endpoint.sent) <= most
