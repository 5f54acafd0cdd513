"""The judge is checked by answers that are known to be good or bad, each arm by grades of its own."""

import json

import pytest

from nightschool.errors import DataError
from nightschool.grading import Anchor, AnchorGrades, anchors_from, grade_anchors, load_anchors
from nightschool.grading.grader import Grade
from nightschool.records import Example


class Judge:
    """Gives each answer the grade that is set down for it, and another one in the arm that is set down."""

    def __init__(self, grades, arms=(1, 2)):
        self.grades, self.arms, self.asked = grades, arms, []

    async def grade(self, example, answer, *, sample=0):
        self.asked.append((example.question, answer, example.expected_answer, sample))
        return Grade(reward=self.grades[answer], judge=self.grades[answer])


def curated(name, expected, **fields):
    return Example(
        example_id=name, session_id="", question=f"What is {name}?", expected_answer=expected, origin="curated", **fields
    )


def test_curated_questions_give_a_good_and_a_bad_answer_each():
    found = anchors_from([curated("b", "2"), curated("a", "1"), curated("c", "3")])
    assert [(one.question, one.answer, one.good) for one in found] == [
        ("What is a?", "1", True),
        ("What is a?", "2", False),
        ("What is b?", "2", True),
        ("What is b?", "3", False),
        ("What is c?", "3", True),
        ("What is c?", "1", False),
    ]
    assert len(anchors_from([curated(f"q{n:02}", str(n)) for n in range(40)])) == 8


@pytest.mark.parametrize(
    "examples",
    [
        [],
        [curated("a", "1")],
        [curated("a", "yes"), curated("b", "yes")],
        [curated("a", "1").model_copy(update={"origin": "rated"})] * 2,
    ],
)
def test_without_two_curated_answers_there_are_no_anchors(examples):
    assert anchors_from(examples) == ()


async def test_each_arm_asks_the_judge_anew():
    anchors = anchors_from([curated("a", "1"), curated("b", "2")])
    judge = Judge({"1": 0.9, "2": 0.8})
    assert await grade_anchors(judge, anchors, arm=2) == AnchorGrades(good=(0.9, 0.8), bad=(0.8, 0.9))
    assert judge.asked[0] == ("What is a?", "1", "1", 2)


async def test_what_could_not_be_graded_is_no_grade():
    anchors = [Anchor(question="q", answer="a", good=True), Anchor(question="q", answer="b", good=False)]
    assert await grade_anchors(Judge({"a": 0.9, "b": None}), anchors, arm=1) == AnchorGrades(good=(0.9,))


def test_a_site_can_bring_its_own(tmp_path):
    file = tmp_path / "anchors.json"
    rows = [{"question": "Open on Sunday?", "answer": "Yes.", "good": True}, {"question": "q", "answer": "a", "good": False}]
    file.write_text(json.dumps(rows), encoding="utf-8")
    assert [one.good for one in load_anchors([file])] == [True, False]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "can't be read"),
        ('[{"question": "q", "good": true}]', "entry 0 answer"),
        ('[{"question": "", "answer": "a", "good": 1}]', "entry 0 question"),
    ],
)
def test_a_file_that_is_none_is_told_with_its_place(tmp_path, content, words):
    file = tmp_path / "anchors.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        load_anchors([file])
