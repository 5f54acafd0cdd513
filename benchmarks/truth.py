"""How well clusters match the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """Of pairs of texts: precision and recall; B³ F1 (Bagga and Baldwin, 1998); new questions that deduplication drops."""

    precision: float
    recall: float
    b3_f1: float
    dropped_questions: int


def match(truth: Sequence[Hashable], clusters: Sequence[Hashable]) -> Match:
    """Compare clusters with the truth, both one label a text."""
    both = Counter(zip(truth, clusters, strict=True))
    questions, groups = Counter(truth), Counter(clusters)
    right = _pairs(both)
    b3_precision = sum(size * size / groups[group] for (_, group), size in both.items()) / len(truth)
    b3_recall = sum(size * size / questions[question] for (question, _), size in both.items()) / len(truth)
    # One text of each cluster is kept, the first: the question of any other is gone with it, where no other cluster kept it.
    kept = set(dict(zip(reversed(clusters), reversed(truth), strict=True)).values())
    return Match(
        precision=right / max(1, _pairs(groups)),
        recall=right / max(1, _pairs(questions)),
        b3_f1=2 * b3_precision * b3_recall / (b3_precision + b3_recall),
        dropped_questions=len(questions) - len(kept),
    )


def _pairs(sizes: Counter[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())
