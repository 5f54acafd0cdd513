"""A search with an agent whose model does not speak OpenAI's protocol keeps to its budget, and ends in order."""

from datetime import date

from agno.agent import Agent

from nightschool.agent import Target
from nightschool.evaluation import Evaluator, side_by_side
from nightschool.grading import Grader
from nightschool.llm import LLM, AgentCalls, Journal, Meter
from nightschool.records import BudgetPolicy, GradingPolicy, ModelPolicy, Night, SearchPolicy
from nightschool.training.beam import BeamSearch
from nightschool.training.edits import Experiment, edits_of
from tests.unit.agent.other_model import OtherModel, says
from tests.unit.training.worlds import examples

POLICY = SearchPolicy(races=(6,), edits=("demonstrations",), screen_size=0)


async def test_it_ends_at_its_part_of_the_budget_before_the_call_that_would_pass_it(tmp_path):
    models, model = ModelPolicy(), OtherModel(script=[says("Here."), says("There.")])
    journal = Journal(f"sqlite:///{tmp_path / 'j.db'}", Night(target="t", run_date=date(2026, 11, 21)))
    meter = Meter(BudgetPolicy(max_calls=50, gate_share=0.4), phase="search")

    def build(prompt):
        return Agent(model=model, system_message=prompt, resolve_in_context=False, telemetry=False)

    llm = LLM(models, "any", journal=journal, meter=meter)
    target = Target(build, journaled=AgentCalls(journal, meter, models))
    evaluator = Evaluator(target, Grader(GradingPolicy(use_llm_grader=False), llm), journal, meter, models)

    async def roll(text, asked, mode):
        rollouts = await side_by_side(evaluator.run(text, example) for example in asked)
        return [Experiment(example=one, rollout=rollout) for one, rollout in zip(asked, rollouts, strict=True)]

    known = {"expected_answer": "There.", "origin": "correction"}
    try:
        edits = edits_of(POLICY, llm)
        found = await BeamSearch(POLICY, edits, seed=1).run("Be brief.", examples(20, **known), examples(20, 100, **known), roll)
    finally:
        await target.aclose()
        journal.close()
    assert found.stopped.startswith("BudgetExhausted: the search's budget is used up: 30 of 50 calls")
    assert len(model.made) == 30
