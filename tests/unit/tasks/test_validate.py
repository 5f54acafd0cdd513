"""What validation buys, and when it refuses to call it an exam."""

import contextlib
from datetime import date
from types import SimpleNamespace

import pytest

from nightschool.artifacts import FolderStore
from nightschool.errors import LLMError
from nightschool.gate import units_in_order
from nightschool.grading import Anchor
from nightschool.grading.grader import Grade
from nightschool.records import Example, GatePolicy, GradingPolicy, GuardPolicy, Night, Rollout, Splits, version_of
from nightschool.settings import load_settings
from tasks import validate as stage
from tasks.carry import Sitting, unit_of
from tasks.gate import gate, pairs_of, read_judged
from tasks.health import Checks
from tasks.validate import read_exam, validate

NIGHT = Night(target="support", run_date=date(2026, 11, 21))
POLICY = GatePolicy(horizon=30, batch=10, min_sessions=5, futility_after=30)


ANCHORS = tuple(Anchor(question=f"q{n}", answer="good" if n % 2 else "bad", good=bool(n % 2)) for n in range(4))


class Judge:
    """Grades known answers as they are worth; from some batch on it is harder on the challenger's arm."""

    def __init__(self, harder_from=99):
        self.harder_from, self.asked = harder_from, []

    async def grade(self, example, answer, *, sample=0):
        self.asked.append((example.question, sample))
        harder = sample and sample % 2 == 0 and (sample - 1) // 2 >= self.harder_from
        grade = (0.9 if answer == "good" else 0.1) - 0.5 * (harder and answer == "good")
        return Grade(reward=grade, judge=grade)


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
        self.asked_again = []

    async def run(self, prompt, example, *, sample=0):
        (self.ran if not sample else self.asked_again).append((prompt, example.session_id))
        reward = self.reward(prompt, example)
        error = "" if reward is not None else "503"
        return Rollout(example_id=example.example_id, prompt_version=version_of(prompt), reward=reward, error=error)


@pytest.fixture
def examine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def run(
        reward, examples, *, policy=POLICY, examined=(), judge=True, unit="session", earlier=(), left=30, grader=None, train=()
    ):
        evaluator = Evaluator(reward)
        store = FolderStore(tmp_path / "artifacts")
        units = units_in_order({unit_of(example, unit) for example in examples}, version_of("new"))
        sitting = Sitting(
            test_id="t",
            alpha=1 / 365,
            horizon=policy.horizon,
            unit=unit,
            night=2 if earlier else 1,
            units=tuple(units[:left]),
            earlier=store.write_json("pairs", [pair.model_dump(mode="json") for pair in earlier]),
            budget_spent=1 / 365,
        )
        settings = load_settings(home=tmp_path, grading={"use_llm_grader": judge})

        @contextlib.asynccontextmanager
        async def bench(settings, night):
            yield SimpleNamespace(evaluator=evaluator, grader=grader)

        monkeypatch.setattr(stage, "bench", bench)
        monkeypatch.setattr(stage, "load_splits", lambda store, ref: Splits(train=train, held_out=examples))
        ref = store.write_json("examples", [])
        checks = Checks(anchors=ANCHORS if grader else ())
        grading = GradingPolicy(use_llm_grader=judge)
        found = await validate.fn(
            NIGHT, "old", "new", ref, sitting, list(examined), checks, policy, grading, (), "agent", settings=settings
        )
        evaluator.found, evaluator.sitting, evaluator.settings = found, sitting, settings
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
    policy = POLICY.model_copy(update={"batch": 2})
    exam, _ = await examine(lambda prompt, _: 0.5, held_out(20), policy=policy, unit="user")
    users = [pair.user_id for pair in exam.pairs]
    assert users == sorted(users, key=users.index), "a user's examples lie apart"


def judged(evaluator, policy=POLICY):
    made = gate.fn("old", "new", evaluator.found, evaluator.sitting, policy, settings=evaluator.settings)
    return read_judged(made, evaluator.settings)


async def test_the_gate_counts_by_the_unit_of_the_test(examine):
    exam, evaluator = await examine(lambda prompt, _: 0.5, held_out(20), unit="user")
    assert len(exam.pairs) == 20
    verdict = judged(evaluator, GatePolicy(unit="session")).verdict
    assert (verdict.unit, verdict.n_sessions) == ("user", 5)


async def test_the_pairs_of_all_nights_decide_together_and_only_units_set_down_for_tonight_are_bought(examine):
    def unsure(prompt, example):
        return float((int(example.session_id[1:]) + (prompt == "new")) % 2)

    first, _ = await examine(unsure, held_out(8))
    yesterday = [pair.model_copy(update={"night": "2026-11-20"}) for pair in first.pairs]
    news = [example.model_copy(update={"session_id": f"t{n}", "example_id": f"f{n}"}) for n, example in enumerate(held_out(40))]
    exam, evaluator = await examine(lambda prompt, _: 0.5, news, earlier=yesterday, left=22)
    assert len(exam.pairs) == 22
    found = judged(evaluator)
    assert (found.verdict.n_sessions, found.verdict.nights, found.grounds.nights) == (30, 2, 2)
    assert found.verdict.needed == pytest.approx(365)
    assert "planned for no more" in found.verdict.reason
    assert found.grounds.policy.unit == "session"
    assert len(pairs_of(evaluator.sitting, evaluator.found, evaluator.settings)) == 30


async def test_evidence_of_earlier_nights_ends_the_buying(examine):
    sure, _ = await examine(lambda prompt, _: float(prompt == "new"), held_out(40))
    yesterday = [pair.model_copy(update={"night": "2026-11-20"}) for pair in sure.pairs]
    news = [example.model_copy(update={"session_id": f"t{n}"}) for n, example in enumerate(held_out(10))]
    exam, evaluator = await examine(lambda prompt, _: 0.5, news, earlier=yesterday)
    assert exam.pairs == ()
    assert judged(evaluator).verdict.decision == "promote"


async def test_a_challenger_that_quotes_the_exam_is_not_examined(examine):
    quoted = held_out(1)[0].model_copy(update={"question": "New!"})
    exam, evaluator = await examine(lambda prompt, _: float(prompt == "new"), (*held_out(20)[1:], quoted))
    assert (exam.pairs, evaluator.ran) == ((), [])
    verdict = judged(evaluator).verdict
    assert verdict.decision == "invalid"
    assert "quotes 1 held-out examples, the first is e0" in verdict.reason


async def test_a_verdict_says_what_it_saved_and_for_how_much_of_the_traffic_it_speaks(examine):
    examples = held_out(30)
    examples = (examples[0].model_copy(update={"frequency": 71}), *examples[1:])
    _, evaluator = await examine(lambda prompt, _: float(prompt == "new"), examples)
    verdict = judged(evaluator).verdict
    assert verdict.calls_saved == 2 * (30 - verdict.n_pairs) > 0
    order = units_in_order([example.session_id for example in examples], version_of("new"))[: verdict.n_pairs]
    assert verdict.traffic_share == pytest.approx((verdict.n_pairs + 70 * ("s0" in order)) / 100)
    assert verdict.budget_spent == pytest.approx(1 / 365)


async def test_an_exam_that_an_outage_spoiled_is_a_failed_stage_and_not_a_verdict(examine):
    def with_outages(prompt, example):
        return None if prompt == "new" and int(example.session_id[1:]) % 5 == 0 else 0.5

    with pytest.raises(LLMError, match=r"of the exam have no score; the last met: 503"):
        await examine(with_outages, held_out(20))


def unsure(prompt, example):
    return float((int(example.session_id[1:]) + (prompt == "new")) % 2)


async def test_the_judge_is_checked_within_both_arms_batches(examine):
    judge = Judge()
    _, evaluator = await examine(unsure, held_out(30), grader=judge)
    by_sample = {sample: sorted(q for q, s in judge.asked if s == sample) for sample in range(7)}
    everything = ["q0", "q1", "q2", "q3"]
    assert by_sample == {
        0: everything, 1: everything, 2: everything, 3: ["q0", "q1"], 4: ["q0", "q1"], 5: ["q2", "q3"], 6: ["q2", "q3"],
    }  # fmt: skip
    assert evaluator.found.health.anchors_good == pytest.approx((0.9,) * 4)
    assert judged(evaluator).verdict.decision != "invalid"


async def test_a_judge_that_changes_its_mind_in_one_arm_ends_the_buying_and_spoils_the_night(examine):
    exam, evaluator = await examine(unsure, held_out(30), grader=Judge(harder_from=1))
    assert len(exam.pairs) == 20
    assert "in one arm than in the other" in judged(evaluator).verdict.reason


def a_frequent_one(**fields):
    return Example(example_id="f", session_id="s999", question="Are you open?", frequency=4, **fields)


async def test_a_question_that_makes_much_of_the_traffic_is_asked_again_before_a_win_is_believed(examine):
    def better_but_for_it(prompt, example):
        return float((prompt == "new") != (example.example_id == "f"))

    _, evaluator = await examine(better_but_for_it, held_out(60), train=(a_frequent_one(),))
    assert evaluator.asked_again.count(("old", "s999")) == evaluator.asked_again.count(("new", "s999")) == 8
    verdict = judged(evaluator).verdict
    assert (verdict.decision, "question = f loses 1.00" in verdict.reason) == ("hold", True), verdict.reason


@pytest.mark.parametrize(
    ("reward", "frequent", "policy"),
    [
        (unsure, a_frequent_one(), POLICY),
        (lambda prompt, _: float(prompt == "new"), a_frequent_one().model_copy(update={"frequency": 3}), POLICY),
        (lambda prompt, _: float(prompt == "new"), a_frequent_one(origin="curated"), POLICY),
        (
            lambda prompt, _: float(prompt == "new"),
            a_frequent_one(),
            POLICY.model_copy(update={"guards": GuardPolicy(question_samples=0)}),
        ),
    ],
    ids=["not won", "not frequent", "curated", "off"],
)
async def test_nothing_else_is_asked_again(examine, reward, frequent, policy):
    _, evaluator = await examine(reward, held_out(60), train=(frequent,), policy=policy)
    assert evaluator.asked_again == []
