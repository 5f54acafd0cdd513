"""The judge's grades of known answers: paired between the arms, so that a difference is the judge's."""

import pytest

from nightschool.evaluation import AnchorGrades, AnchorWatch, grade_anchors, side_by_side
from nightschool.grading import Anchor
from nightschool.grading.grader import Grade

ANCHORS = [Anchor(question="q", answer=name, good=name.startswith("g")) for name in ("g1", "g2", "b1")]


class Judge:
    """Gives each answer the grade that is set down for it, by answer or by answer and sample."""

    def __init__(self, grades):
        self.grades, self.asked = grades, []

    async def grade(self, example, answer, *, sample=0):
        self.asked.append((answer, sample))
        grade = self.grades.get((answer, sample), self.grades[answer])
        return Grade(reward=grade, judge=grade)


async def test_what_could_not_be_graded_is_no_grade():
    judge = Judge({"g1": 0.9, "g2": None, "b1": 0.25})
    assert await grade_anchors(judge, ANCHORS) == AnchorGrades(good=(0.9,), bad=(0.25,))


async def test_each_arm_asks_the_judge_anew_and_later_batches_take_turns():
    judge = Judge({"g1": 0.9, "g2": 0.8, "b1": 0.25})
    watch = AnchorWatch(judge, ANCHORS)
    for batch in range(3):
        await side_by_side(watch.beside(batch))
    assert len(judge.asked) == len(set(judge.asked)) == 2 * (3 + 2 + 2)
    assert [name for name, sample in judge.asked if sample in (4, 6)] == ["g1", "b1", "g2", "b1"]
    assert watch.arms == (AnchorGrades(good=(0.9, 0.8), bad=(0.25,)),) * 2


async def test_an_anchor_counts_where_both_arms_have_it():
    watch = AnchorWatch(Judge({"g1": 0.9, ("g1", 2): None, "g2": 0.8, ("g2", 1): 0.6, "b1": 0.1}), ANCHORS)
    await side_by_side(watch.beside(0))
    assert watch.arms == (AnchorGrades(good=(0.6,), bad=(0.1,)), AnchorGrades(good=(0.8,), bad=(0.1,)))
    assert watch.arms[0].differs(watch.arms[1], 0.1)


def test_without_anchors_nothing_is_asked():
    watch = AnchorWatch(Judge({}), ())
    assert (watch.beside(0), watch.beside(3), watch.arms) == ([], [], (AnchorGrades(), AnchorGrades()))


@pytest.mark.parametrize(
    ("good", "bad", "is_blind"), [((0.9,), (0.1,), False), ((0.5, 0.5), (0.3,), True), ((), (0.9,), False), ((0.9,), (), False)]
)
def test_a_judge_that_grades_good_and_bad_alike_is_blind(good, bad, is_blind):
    assert AnchorGrades(good=good, bad=bad).is_blind(0.3) is is_blind
