"""What validation buys, and when it refuses to call it an exam."""

import contextlib
from datetime import date
from types import SimpleNamespace

import pytest

from nightschool.artifacts import FolderStore
from nightschool.errors import LLMError
from nightschool.records import Example, GatePolicy, GradingPolicy, Night, Rollout, Splits, version_of
from nightschool.settings import load_settings
from tasks import validate as stage
from tasks.gate import gate, read_verdict
from tasks.validate import read_exam, validate

NIGHT = Night(target="support", run_date=date(2026, 11, 21))
POLICY = GatePolicy(horizon=30, batch=10, min_sessions=5, futility_after=30)


def held_out(count, **fields):
    return tuple(
        Example(example_id=f"e{n}", session_id=f"s{n}", user_id=f"u{n % 5}", question=f"Question {n}?", **fields)
        for n in range(count)
    )


class Evaluator:
    grader_identity = "grader-1"

    def __init__(self, reward):
        self.reward = reward
        self.ran = []

    async def run(self, prompt, example, *, sample=0):
        self.ran.append((prompt, example.session_id))
        reward = self.reward(prompt, example)
        error = "" if reward is not None else "503"
        return Rollout(example_id=example.example_id, prompt_version=version_of(prompt), reward=reward, error=error)


@pytest.fixture
def examine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(home=tmp_path)

    async def run(reward, examples, *, policy=POLICY, examined=(), judge=True):
        evaluator = Evaluator(reward)

        @contextlib.asynccontextmanager
        async def bench(settings, night):
            yield SimpleNamespace(evaluator=evaluator)

        monkeypatch.setattr(stage, "bench", bench)
        monkeypatch.setattr(stage, "load_splits", lambda store, ref: Splits(held_out=examples))
        ref = FolderStore(tmp_path / "artifacts").write_json("examples", [])
        grading = GradingPolicy(use_llm_grader=judge)
        found = await validate.fn(NIGHT, "old", "new", ref, list(examined), policy, grading, (), "agent", settings=settings)
        evaluator.found = found
        return read_exam(found.exam, settings), evaluator

    return run


async def test_both_prompts_answer_the_same_questions_in_the_same_night(examine):
    exam, evaluator = await examine(lambda prompt, _: 0.5, held_out(12))
    assert sorted(evaluator.ran) == sorted((prompt, f"s{n}") for prompt in ("old", "new") for n in range(12))
    assert {pair.night for pair in exam.pairs} == {"2026-11-21"}
    assert [old.example_id for old in exam.incumbent] == [pair.example_id for pair in exam.pairs]


async def test_no_more_is_bought_than_the_gate_wants(examine):
    sure, _ = await examine(lambda prompt, _: float(prompt == "new"), held_out(60))
    unsure, _ = await examine(lambda prompt, example: float((int(example.session_id[1:]) + (prompt == "new")) % 2), held_out(60))
    assert len(sure.pairs) < len(unsure.pairs) == POLICY.horizon


async def test_sessions_that_a_promotion_has_used_are_not_examined_again(examine):
    exam, _ = await examine(lambda prompt, _: 0.5, held_out(12), examined=[f"s{n}" for n in range(7)])
    assert {pair.session_id for pair in exam.pairs} == {f"s{n}" for n in range(7, 12)}


async def test_without_a_judge_only_examples_with_a_reference_are_examined(examine):
    exam, _ = await examine(lambda prompt, _: 0.5, held_out(6), judge=False)
    assert exam.pairs == ()
    exam, _ = await examine(lambda prompt, _: 0.5, held_out(6, expected_answer="12", origin="correction"), judge=False)
    assert len(exam.pairs) == 6


async def test_a_batch_is_whole_users_where_they_are_the_unit(examine):
    policy = POLICY.model_copy(update={"unit": "user", "batch": 2})
    exam, _ = await examine(lambda prompt, _: 0.5, held_out(20), policy=policy)
    users = [pair.user_id for pair in exam.pairs]
    assert users == sorted(users, key=users.index), "a user's examples lie apart"


async def test_the_unit_is_settled_once_and_the_gate_decides_by_it(examine, tmp_path):
    policy = GatePolicy(unit="auto", horizon=60, batch=10, min_sessions=5, futility_after=60)
    users = tuple(example.model_copy(update={"user_id": f"u{n % 120}"}) for n, example in enumerate(held_out(240)))
    exam, evaluator = await examine(
        lambda prompt, example: float((int(example.session_id[1:]) + (prompt == "new")) % 2), users, policy=policy
    )
    assert evaluator.found.unit == "user"
    assert len({pair.user_id for pair in exam.pairs}) == 60 < len(exam.pairs) == 120, "120 known users, of whom 60 were bought"
    settings = load_settings(home=tmp_path)
    verdict = read_verdict(gate.fn("old", "new", evaluator.found, policy, settings=settings), settings)
    assert "after 60 users" in verdict.reason


async def test_an_exam_that_an_outage_spoiled_is_a_failed_stage_and_not_a_verdict(examine):
    def with_outages(prompt, example):
        return None if prompt == "new" and int(example.session_id[1:]) % 5 == 0 else 0.5

    with pytest.raises(LLMError, match=r"of the exam have no score; the last met: 503"):
        await examine(with_outages, held_out(20))
