"""What is looked at before the exam is paid for."""

from types import SimpleNamespace

import pytest

from nightschool.artifacts import FolderStore
from nightschool.evaluation import AnchorGrades
from nightschool.gate import decide
from nightschool.grading.grader import Grade
from nightschool.records import Example, GatePolicy, Grounds, Health, Night, Rollout, Splits
from nightschool.settings import load_settings
from tasks import health as module
from tasks.health import Checks, checks_of, health_of, is_hopeless, with_anchors
from tests.unit.registry.nights import SEED, a_night, pairs_of

HELD_OUT = (Example(example_id="e1", session_id="s1", question="How long does a refund to my card take?"),)


def curated(name, expected):
    return Example(
        example_id=name, session_id="", question=f"{name}?", expected_answer=expected, origin="curated", must_pass=True
    )


SPLITS = Splits(train=(curated("a", "1"), curated("b", "2")), held_out=HELD_OUT)


class Judge:
    def __init__(self, good=0.9, bad=0.1):
        self.good, self.bad = good, bad

    async def grade(self, example, answer, *, sample=0):
        grade = self.good if answer == example.expected_answer else self.bad
        return Grade(reward=grade, judge=grade)


class Evaluator:
    grader_identity = "g1"

    def __init__(self, failing=()):
        self.failing, self.ran = failing, 0

    async def run(self, prompt, example, *, sample=0):
        self.ran += 1
        reward = 0.0 if prompt == "new" and example.example_id in self.failing else 1.0
        return Rollout(example_id=example.example_id, prompt_version="v", reward=reward, accuracy=reward)


async def look(challenger="new", *, judge=None, failing=(), anchors=True):
    from nightschool.grading import anchors_from

    tools = SimpleNamespace(evaluator=Evaluator(failing), grader=judge or Judge())
    checks = Checks(anchors=anchors_from(SPLITS.train) if anchors else (), anchors_good_reference=0.8)
    found = await health_of(tools, "old", challenger, SPLITS, HELD_OUT, checks, GatePolicy())
    return found, tools.evaluator


async def test_a_healthy_measurement_is_told_and_decides_nothing():
    health, _ = await look()
    assert (health.judge_id_incumbent, health.judge_id_challenger) == ("g1", "g1")
    assert (health.anchors_good, health.anchors_bad) == ((0.9,) * 2, (0.1,) * 2)
    assert health.anchors_good_reference == 0.8
    assert health.prompt_tokens_challenger > 0
    assert not is_hopeless(health, GatePolicy())


@pytest.mark.parametrize(
    ("options", "decision", "words"),
    [
        ({"challenger": f"Say five days to: {HELD_OUT[0].question}"}, "invalid", "quotes 1 held-out examples, the first is e1"),
        ({"failing": ("b",)}, "reject", "must-pass example b"),
        ({"judge": Judge(bad=0.8)}, "invalid", "less than 0.3 apart"),
    ],
)
async def test_what_no_reward_could_mend_is_found_before_any_is_paid_for(options, decision, words):
    health, evaluator = await look(**options)
    assert is_hopeless(health, GatePolicy())
    verdict = decide((), GatePolicy(), health)
    assert (verdict.decision, words in verdict.reason) == (decision, True), verdict.reason
    assert bool(evaluator.ran) is bool(health.must_pass_failed), "only must-pass questions are ever asked for it"


ONE, OTHER = AnchorGrades(good=(0.9, 0.7), bad=(0.1,)), AnchorGrades(good=(0.6, 0.7), bad=(0.1,))


def test_anchors_that_the_arms_batches_graded_take_the_place_of_the_first_ones():
    before = Health(anchors_good=(1.0,), anchors_bad=(0.0,), anchors_good_reference=0.8)
    assert with_anchors(before, (AnchorGrades(), AnchorGrades()), GatePolicy()) == before
    alike = with_anchors(before, (ONE, ONE), GatePolicy())
    assert (alike.anchors_good, alike.anchors_bad, alike.anchors_one_arm_drift) == ((0.9, 0.7, 0.9, 0.7), (0.1, 0.1), False)
    drifted = with_anchors(before, (ONE, OTHER), GatePolicy())
    assert drifted.anchors_one_arm_drift
    assert "in one arm than in the other" in decide((), GatePolicy(), drifted).reason
    assert not with_anchors(before, (ONE, OTHER), GatePolicy(anchor_drift=0.2)).anchors_one_arm_drift


async def test_without_anchors_the_guard_is_silent_and_says_so():
    health, _ = await look(anchors=False)
    assert not is_hopeless(health, GatePolicy())
    assert "anchors" in decide((), GatePolicy(), health).not_compared


def test_the_reference_is_what_the_same_grader_gave_the_same_anchors_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(home=tmp_path / "home", target="support")
    ref = FolderStore(tmp_path / "home" / "artifacts").write_json("examples", [])
    monkeypatch.setattr(module, "load_splits", lambda store, ref: SPLITS)
    first = checks_of(settings, a_night(), ref, "g1")
    assert (len(first.anchors), first.anchors_good_reference) == (4, None)
    with module.registry(settings) as book:
        for day, (good, grader) in enumerate([((0.5,), "g2"), ((0.9, 0.7), "g1"), ((0.2,), "g1")], 21):
            night = a_night(day)
            start = book.begin(night, SEED)
            health = Health(judge_id_incumbent=grader, anchors_good=good, anchors_bad=(0.1,))
            verdict = decide(pairs_of("s1"), GatePolicy(), health.model_copy(update={"judge_id_challenger": grader}))
            grounds = Grounds(anchors=first.anchors_digest, health=health)
            book.record_verdict(night, "c", start.incumbent, verdict, (), grounds=grounds)
    assert checks_of(settings, a_night(24), ref, "g1").anchors_good_reference == pytest.approx(0.8)
    assert checks_of(settings, a_night(22), ref, "g1").anchors_good_reference is None
    assert checks_of(settings, Night(target="other", run_date=a_night(24).run_date), ref, "g1").anchors_good_reference is None


def test_without_a_judge_nobody_is_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(home=tmp_path, grading={"use_llm_grader": False})
    ref = FolderStore(tmp_path / "artifacts").write_json("examples", [])
    assert checks_of(settings, a_night(), ref, "g1").anchors == ()
