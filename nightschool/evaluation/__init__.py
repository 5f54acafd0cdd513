"""Prompts × examples → rewards: side by side, journaled, and paired where the gate asks."""

from nightschool.evaluation.anchor_checks import AnchorGrades, AnchorWatch, grade_anchors
from nightschool.evaluation.evaluator import Evaluator, require_scored
from nightschool.evaluation.exam import BoughtExam, calls_of
from nightschool.evaluation.frequent import ask_again, frequent_questions
from nightschool.evaluation.judge_check import JudgeCheck, check_judge
from nightschool.evaluation.must_pass import must_pass_failures
from nightschool.evaluation.pairs import BoughtPair, as_sample, buy_pairs
from nightschool.evaluation.side_by_side import side_by_side

__all__ = [
    "AnchorGrades",
    "AnchorWatch",
    "BoughtExam",
    "BoughtPair",
    "Evaluator",
    "JudgeCheck",
    "as_sample",
    "ask_again",
    "buy_pairs",
    "calls_of",
    "check_judge",
    "frequent_questions",
    "grade_anchors",
    "must_pass_failures",
    "require_scored",
    "side_by_side",
]
