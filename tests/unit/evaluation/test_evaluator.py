"""Rollouts are paid for once, an outage scores nobody, and both arms are bought side by side."""

import asyncio
import json
import logging
import urllib.request
from contextlib import asynccontextmanager
from datetime import date

import pytest
from agno.agent import Agent
from agno.models.openai import OpenAIChat

from nightschool.agent import Target
from nightschool.errors import BudgetExhausted, ConfigError, LLMError
from nightschool.evaluation import Evaluator, as_sample, buy_pairs, require_scored
from nightschool.grading import Grader
from nightschool.llm import LLM, Journal, Meter
from nightschool.records import BudgetPolicy, Example, GradingPolicy, ModelPolicy, Night, Rollout, version_of
from nightschool.simulator import FaultRates, SimulatorSettings, start_in_thread
from tests.scripted_endpoint import answering, chat_answer, error

OLD, NEW = "Be brief.", "Work step by step and end with a final answer line."


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No waiting between tries, and no lines of Agno about the failures that are meant."""
    monkeypatch.setattr("nightschool.evaluation.evaluator.FIRST_WAIT_S", 0.0)
    monkeypatch.setattr("nightschool.llm.client._wait", lambda _: 0.0)
    logging.getLogger("agno").setLevel(logging.CRITICAL)


def examples(count):
    return [
        Example(
            example_id=f"real_s{n}_msg_1",
            session_id=f"s{n}",
            user_id=f"u{n // 2}",
            question=f"What do {n + 2} lamps cost if a single one is 35000 VND?",
            expected_answer=f"{(n + 2) * 35000} VND",
            origin="correction",
        )
        for n in range(count)
    ]


@asynccontextmanager
async def evaluating(
    tmp_path, url, *, day=21, agent_url="", budget=None, grading=None, agent_digest="", concurrency=8, tools=None
):
    def build(prompt):
        model = OpenAIChat(id="simulated-1", base_url=agent_url or url, api_key="any", max_retries=0, timeout=60)
        return Agent(model=model, system_message=prompt, resolve_in_context=False, telemetry=False, tools=tools)

    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", Night(target="t", run_date=date(2026, 11, day)))
    meter = Meter(BudgetPolicy(**budget or {}))
    models = ModelPolicy(base_url=url, model="simulated-1", max_attempts=3)
    llm = LLM(models, "any", journal=journal, meter=meter)
    target = Target(build)
    grader = Grader(GradingPolicy(**grading or {}), llm)
    try:
        yield Evaluator(target, grader, journal, meter, models, agent_digest=agent_digest, concurrency=concurrency)
    finally:
        await target.aclose()
        await llm.aclose()
        journal.close()


@pytest.fixture
def simulated():
    with start_in_thread(SimulatorSettings(seed=1)) as url:
        yield url


def counts(url):
    with urllib.request.urlopen(f"{url}/simulator/counts") as answer:
        return json.load(answer)


async def test_a_finished_rollout_is_never_paid_for_again(tmp_path, simulated):
    async with evaluating(tmp_path, f"{simulated}/v1") as evaluator:
        first = [await evaluator.run(NEW, example) for example in examples(3)]
    assert (counts(simulated)["agent"], counts(simulated)["judge"]) == (3, 3)
    async with evaluating(tmp_path, f"{simulated}/v1") as evaluator:
        assert [await evaluator.run(NEW, example) for example in examples(3)] == first
    assert counts(simulated)["total"] == 6
    one = first[0]
    assert one.prompt_version == version_of(NEW)
    assert one.reward is not None
    assert one.cost_usd > 0
    assert one.latency_s > 0
    assert one.system_message == NEW


OTHERS = {
    "prompt": ({}, OLD, {}),
    "night": ({"day": 22}, NEW, {}),
    "agent": ({"agent_digest": "other"}, NEW, {}),
    "grader": ({"grading": {"rubric": "Be strict."}}, NEW, {}),
    "question": ({}, NEW, {"question": "What do 99 lamps cost if a single one is 35000 VND?"}),
    "reference": ({}, NEW, {"expected_answer": "7"}),
}


@pytest.mark.parametrize(("place", "prompt", "changes"), OTHERS.values(), ids=OTHERS)
async def test_another_piece_of_work_is_done_anew(tmp_path, simulated, place, prompt, changes):
    example = examples(1)[0]
    async with evaluating(tmp_path, f"{simulated}/v1") as evaluator:
        await evaluator.run(NEW, example)
    async with evaluating(tmp_path, f"{simulated}/v1", **place) as evaluator:
        await evaluator.run(prompt, example.model_copy(update=changes))
    assert counts(simulated)["agent"] == 2


async def test_a_second_sample_is_a_run_of_its_own(tmp_path, simulated):
    async with evaluating(tmp_path, f"{simulated}/v1") as evaluator:
        for sample in (0, 1, 1):
            await evaluator.run(NEW, examples(1)[0], sample=sample)
    assert counts(simulated)["agent"] == 2


async def test_an_outage_is_tried_again(tmp_path):
    script = [error(503), error(429), chat_answer("70000 VND")]
    async with answering(script) as agent, evaluating(tmp_path, "", agent_url=agent.url, grading=ALONE) as evaluator:
        rollout = await evaluator.run(OLD, examples(1)[0])
    assert (rollout.reward, rollout.fault, len(agent.sent)) == (1.0, None, 3)


async def test_an_outage_that_lasts_is_unscored_and_not_kept(tmp_path):
    async with answering([error(503)]) as agent, evaluating(tmp_path, "", agent_url=agent.url, grading=ALONE) as evaluator:
        rollout = await evaluator.run(OLD, examples(1)[0])
        assert (rollout.reward, rollout.fault, len(agent.sent)) == (None, "infrastructure", 3)
        agent.script[:] = [chat_answer("70000 VND")]
        assert (await evaluator.run(OLD, examples(1)[0])).reward == 1.0


async def test_the_agents_own_failure_is_zero_and_kept(tmp_path):
    async with answering([chat_answer(" ")]) as agent, evaluating(tmp_path, "", agent_url=agent.url, grading=ALONE) as evaluator:
        for _ in range(2):
            rollout = await evaluator.run(OLD, examples(1)[0])
            assert (rollout.reward, rollout.fault) == (0.0, "agent")
    assert len(agent.sent) == 1


async def test_a_rollout_that_calls_an_unrecorded_tool_is_unscored_and_kept(tmp_path):
    def refund(order: str) -> str:
        """Give money back."""
        raise AssertionError("a tool ran that nobody declared safe")

    call = {"id": "c", "type": "function", "function": {"name": "refund", "arguments": '{"order": "A-17"}'}}
    async with (
        answering([chat_answer("", tool_calls=[call])]) as endpoint,
        evaluating(tmp_path, endpoint.url, tools=[refund]) as ours,
    ):
        rollouts = [await ours.run(NEW, examples(1)[0]) for _ in range(2)]
    assert rollouts[0] == rollouts[1]
    assert (rollouts[0].fault, rollouts[0].missing_tool, rollouts[0].reward) == ("divergent", "refund", None)
    assert len(endpoint.sent) == 1
    assert (as_sample(rollouts[0]).fault, as_sample(rollouts[0]).reward) == ("infrastructure", None)


def test_too_many_unrecorded_calls_stop_the_stage_and_name_the_tools():
    fine = Rollout(example_id="e", prompt_version="p", reward=1.0)
    divergent = Rollout(example_id="e", prompt_version="p", fault="divergent", missing_tool="refund")
    require_scored([fine] * 8 + [divergent] * 2, 0.0, "the search")
    with pytest.raises(ConfigError, match=r"3 of 10 rollouts of the exam .* refund \(3 ×\)") as stopped:
        require_scored([fine] * 7 + [divergent] * 3, 0.0, "the exam")
    assert 'rollouts.safe_tools = ["refund"]' in stopped.value.next_step


async def test_a_judge_that_is_down_costs_no_second_answer(tmp_path):
    async with (
        answering([chat_answer("70000 VND")]) as agent,
        answering([error(503)]) as judge,
        evaluating(tmp_path, judge.url, agent_url=agent.url) as evaluator,
    ):
        rollout = await evaluator.run(OLD, examples(1)[0])
        assert (rollout.reward, rollout.accuracy, rollout.fault, rollout.answer) == (None, 1.0, "infrastructure", "70000 VND")
        assert (len(agent.sent), len(judge.sent)) == (1, 3)
        judge.script[:] = [chat_answer('{"score": 1}')]
        assert (await evaluator.run(OLD, examples(1)[0])).reward == 1.0


async def test_an_answer_that_nobody_can_grade_is_not_asked_for_again(tmp_path):
    question = examples(1)[0].model_copy(update={"expected_answer": None, "origin": "unlabelled"})
    async with (
        answering([chat_answer("Hm.")]) as agent,
        evaluating(tmp_path, "", agent_url=agent.url, grading=ALONE) as evaluator,
    ):
        rollout = await evaluator.run(OLD, question)
    assert (rollout.reward, rollout.fault, len(agent.sent)) == (None, None, 1)


ALONE = {"use_llm_grader": False}


async def test_no_more_rollouts_at_once_than_allowed(tmp_path):
    with start_in_thread(SimulatorSettings(latency_ms=20)) as url:
        async with evaluating(tmp_path, f"{url}/v1", grading=ALONE, concurrency=4) as evaluator:
            await asyncio.gather(*(evaluator.run(prompt, example) for prompt in (OLD, NEW) for example in examples(10)))
        assert counts(url)["peak_in_flight"] == 4
        assert counts(url)["agent"] == 20


async def test_faults_of_all_kinds_leave_scores_that_are_right(tmp_path):
    """With a third of all calls failing, every rollout is either scored as without faults, or unscored by an outage."""
    faulty = FaultRates(rate_limited=0.1, server_error=0.1, dropped=0.05, malformed=0.05)
    with (
        start_in_thread(SimulatorSettings(seed=1)) as healthy,
        start_in_thread(SimulatorSettings(seed=1, faults=faulty, retry_after_s=0)) as ill,
    ):
        found = []
        for number, url in enumerate((healthy, ill)):
            async with evaluating(tmp_path, f"{url}/v1", day=21 + number) as evaluator:
                found.append([await evaluator.run(NEW, example) for example in examples(12)])
    for well, sick in zip(*found, strict=True):
        assert sick.reward == well.reward or (sick.reward is None and sick.fault == "infrastructure")
    assert sum(rollout.reward is not None for rollout in found[1]) >= 9


def batches(count, size):
    all_examples = examples(count)
    return [all_examples[at : at + size] for at in range(0, count, size)]


async def test_pairs_are_bought_until_the_gate_has_enough(tmp_path, simulated):
    asked, told = [], []

    def more(pairs, left):
        asked.append((len(pairs), left))
        return len(pairs) < 8

    async with evaluating(tmp_path, f"{simulated}/v1", grading=ALONE) as evaluator:
        bought = await buy_pairs(
            evaluator,
            OLD,
            NEW,
            batches(20, 4),
            night="2026-11-21",
            wants_more=more,
            on_batch=lambda pairs: told.append(len(pairs)),
        )
    assert asked == [(0, 5), (4, 4), (8, 3)]
    assert told == [4, 8]
    assert counts(simulated)["agent"] == 16
    for number, (pair, old, new) in enumerate(bought):
        assert (pair.session_id, pair.user_id, pair.night) == (f"s{number}", f"u{number // 2}", "2026-11-21")
        assert (old.prompt_version, new.prompt_version) == (version_of(OLD), version_of(NEW))
        assert (pair.incumbent, pair.challenger) == ([as_sample(old)], [as_sample(new)])
        assert pair.slices == {"domain": "conversation", "difficulty": "medium"}


async def test_pairs_of_the_same_night_are_reused(tmp_path, simulated):
    for wanted in (4, 8):
        async with evaluating(tmp_path, f"{simulated}/v1", grading=ALONE) as evaluator:
            more = lambda pairs, _, wanted=wanted: len(pairs) < wanted  # noqa: E731  # one line says it
            assert len(await buy_pairs(evaluator, OLD, NEW, batches(12, 4), night="n", wants_more=more)) == wanted
    assert counts(simulated)["agent"] == 16


async def test_both_arms_of_a_batch_run_together(tmp_path):
    with start_in_thread(SimulatorSettings(latency_ms=50, jitter=0)) as url:
        async with evaluating(tmp_path, f"{url}/v1", grading=ALONE) as evaluator:
            await buy_pairs(evaluator, OLD, NEW, batches(2, 2), night="n", wants_more=lambda *_: True)
        assert counts(url)["peak_in_flight"] == 4


async def test_an_empty_purse_ends_the_buying_and_nothing_runs_on(tmp_path, simulated):
    async with evaluating(tmp_path, f"{simulated}/v1", grading=ALONE, budget={"max_calls": 5}) as evaluator:
        with pytest.raises(BudgetExhausted, match="5 of 5 calls"):
            await buy_pairs(evaluator, OLD, NEW, batches(20, 4), night="n", wants_more=lambda *_: True)
        assert len(asyncio.all_tasks()) <= 3  # this test, the journal renewing its claims, the look for slots
    assert counts(simulated)["agent"] <= 5


async def test_the_judges_empty_purse_ends_the_buying_too(tmp_path, simulated):
    async with evaluating(tmp_path, f"{simulated}/v1", budget={"max_calls": 1}) as evaluator:
        with pytest.raises(BudgetExhausted):
            await evaluator.run(OLD, examples(1)[0])
    assert (counts(simulated)["agent"], counts(simulated)["judge"]) == (1, 0)


def test_too_many_without_a_score_stop_the_stage():
    scored = [Rollout(example_id="e", prompt_version="v", reward=0.0)] * 9
    unscored = [Rollout(example_id="e", prompt_version="v", fault="infrastructure", error="503: no")]
    require_scored(scored + unscored, 0.1, "training")
    require_scored([], 0.1, "training")
    with pytest.raises(LLMError, match=r"2 of 11 rollouts of training have no score; the last met: 503: no"):
        require_scored(scored + 2 * unscored, 0.1, "training")
