"""Graders, and how they are mixed into one reward in [0, 1]."""

from nightschool.grading.accuracy import accuracy_of, lenient_accuracy, strict_accuracy
from nightschool.grading.anchors import Anchor, AnchorGrades, anchors_from, grade_anchors, load_anchors
from nightschool.grading.grader import Grade, Grader, grader_identity
from nightschool.grading.judge import JUDGE_TASK
from nightschool.grading.references import gradable, reference_of

__all__ = [
    "JUDGE_TASK",
    "Anchor",
    "AnchorGrades",
    "Grade",
    "Grader",
    "accuracy_of",
    "anchors_from",
    "gradable",
    "grade_anchors",
    "grader_identity",
    "lenient_accuracy",
    "load_anchors",
    "reference_of",
    "strict_accuracy",
]
