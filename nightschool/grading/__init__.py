"""Graders, and how they are mixed into one reward in [0, 1]."""

from nightschool.grading.accuracy import accuracy_of, lenient_accuracy, strict_accuracy
from nightschool.grading.anchors import Anchor, anchors_from, load_anchors
from nightschool.grading.grader import Grade, Grader, grader_identity
from nightschool.grading.judge import JUDGE_TASK
from nightschool.grading.references import gradable, reference_of
from nightschool.grading.scorers import NamedScorer, load_scorers

__all__ = [
    "JUDGE_TASK",
    "Anchor",
    "Grade",
    "Grader",
    "NamedScorer",
    "accuracy_of",
    "anchors_from",
    "gradable",
    "grader_identity",
    "lenient_accuracy",
    "load_anchors",
    "load_scorers",
    "reference_of",
    "strict_accuracy",
]
