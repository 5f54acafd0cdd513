"""Graders, and how they are mixed into one reward in [0, 1]."""

from nightschool.grading.accuracy import accuracy_of, lenient_accuracy, strict_accuracy
from nightschool.grading.grader import Grade, Grader
from nightschool.grading.references import gradable, reference_of

__all__ = ["Grade", "Grader", "accuracy_of", "gradable", "lenient_accuracy", "reference_of", "strict_accuracy"]
