"""The judge is checked by answers that are known to be good or bad: a site's own, or made of curated questions."""

import json

import pytest

from nightschool.errors import DataError
from nightschool.grading import anchors_from, load_anchors
from nightschool.records import Example


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
