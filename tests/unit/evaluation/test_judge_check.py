"""A judge that can't tell good answers from bad ones is found before a search is paid for."""

import asyncio

import pytest

from nightschool.dataset import RecordedAnswer
from nightschool.evaluation import check_judge
from nightschool.grading import Anchor
from nightschool.grading.grader import Grade

ANCHORS = [Anchor(question="q", answer=name, good=name == "good") for name in ("good", "bad")]
RECORDED = [RecordedAnswer(question=f"q{n}", answer=f"a{n}", rating=1 + n % 5 if n < 10 else None) for n in range(16)]


class Judge:
    def __init__(self, grade):
        self.grade_of, self.asked = grade, 0

    async def grade(self, example, answer, *, sample=0):
        self.asked += 1
        grade = self.grade_of(example.question, answer)
        error = "twice gave no grade that can be read" if grade is None else ""
        return Grade(reward=grade, judge=grade, error=error)


def fair(question, answer):
    return 0.9 if answer == "good" or answer[1:] == question[1:] else 0.1


async def looked(grade, anchors=ANCHORS, recorded=RECORDED):
    judge = Judge(grade)
    return await check_judge(judge, anchors, recorded), judge


async def test_a_fair_judge_is_believed_and_asked_little():
    found, judge = await looked(fair)
    assert found.what_is_wrong(0.3) == ""
    assert judge.asked == 2 + 16 + 6
    assert (found.graded, found.constant, found.rated) == (22, None, 10)


@pytest.mark.parametrize(
    ("grade", "anchors", "words"),
    [
        (lambda q, a: None, [], "not grade a single one of the recorded answers; the last met: twice gave no grade"),
        (lambda q, a: 0.8, ANCHORS, "known good answers 0.80 and known bad ones 0.80"),
        (lambda q, a: 1.0, [], "22 recorded answers nearly one and the same grade, 1,"),
        (lambda q, a: 0.96 + int(a[1:]) % 3 / 50, [], "22 recorded answers nearly one and the same grade, 0.98,"),
        (lambda q, a: 0.5, ANCHORS[:1], "22 recorded answers nearly one and the same grade, 0.5,"),
    ],
)
async def test_a_blind_one_is_not(grade, anchors, words):
    found, _ = await looked(grade, anchors)
    assert words in found.what_is_wrong(0.3)


@pytest.mark.parametrize(
    ("grade", "anchors", "recorded"),
    [
        (lambda q, a: 0.0, [], RECORDED),
        (lambda q, a: fair(q, a) if q == "q" else 1.0, ANCHORS, RECORDED),
        (lambda q, a: 1.0, [], RECORDED[:3]),
        (lambda q, a: 1.0, [], [one.model_copy(update={"answer": "Thanks!"}) for one in RECORDED]),
        (lambda q, a: None, [], RECORDED[:3]),
        (lambda q, a: None if a != "a3" else 0.5, [], RECORDED),
        (fair, [], []),
    ],
    ids=[
        "an agent that is always wrong",
        "anchors told apart",
        "too few",
        "one answer to all",
        "not to be heard, and asked little",
        "hardly to be heard: the search stops where it is so there too",
        "nothing recorded",
    ],
)
async def test_what_is_no_reason_to_stop(grade, anchors, recorded):
    found, _ = await looked(grade, anchors, recorded)
    assert found.what_is_wrong(0.3) == ""


async def test_agreement_with_users_is_by_rank():
    same, _ = await looked(lambda q, a: fair(q, a) / 2 + int(a[1:]) % 5 / 20 if a[0] == "a" else 0.5, [])
    other, _ = await looked(lambda q, a: 0.9 - int(a[1:]) % 5 / 10 if a[0] == "a" else 0.5, [])
    assert (same.agreement, other.agreement) == (pytest.approx(1.0), pytest.approx(-1.0))
    few, _ = await looked(fair, [], RECORDED[:7])
    assert (few.rated, few.agreement) == (7, None)


async def test_so_many_recorded_answers_are_graded_at_once_and_no_more():
    """What is in flight when a night is killed is paid for twice."""
    under_way, most = 0, 0

    class Slow(Judge):
        async def grade(self, example, answer, *, sample=0):
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            return await super().grade(example, answer, sample=sample)

    await check_judge(Slow(fair), [], RECORDED, at_once=3)
    assert most == 3
