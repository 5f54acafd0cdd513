"""Prompts × examples → rewards: side by side, journaled, and paired where the gate asks."""

from nightschool.evaluation.evaluator import Evaluator
from nightschool.evaluation.pairs import as_sample, buy_pairs

__all__ = ["Evaluator", "as_sample", "buy_pairs"]
