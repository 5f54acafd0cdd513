"""Prompts × examples → rewards: side by side, journaled, and paired where the gate asks."""

from nightschool.evaluation.evaluator import Evaluator, require_scored
from nightschool.evaluation.exam import BoughtExam, calls_of
from nightschool.evaluation.must_pass import must_pass_failures
from nightschool.evaluation.pairs import BoughtPair, as_sample, buy_pairs
from nightschool.evaluation.side_by_side import side_by_side

__all__ = [
    "BoughtExam",
    "BoughtPair",
    "Evaluator",
    "as_sample",
    "buy_pairs",
    "calls_of",
    "must_pass_failures",
    "require_scored",
    "side_by_side",
]
