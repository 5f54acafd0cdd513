"""Questions that people wrote down: read, checked, counted, and merged with those of real turns."""

from nightschool.dataset.curated.merging import choose_curated
from nightschool.dataset.curated.questions import (
    TEMPLATES,
    CuratedQuestion,
    MultiStepReasoning,
    ProblemSolving,
    QuestionAnswer,
    load_curated,
    read_question,
)

__all__ = [
    "TEMPLATES",
    "CuratedQuestion",
    "MultiStepReasoning",
    "ProblemSolving",
    "QuestionAnswer",
    "choose_curated",
    "load_curated",
    "read_question",
]
