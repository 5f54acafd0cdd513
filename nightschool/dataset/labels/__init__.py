"""What is said of a question: category, difficulty, language, whether it needs reasoning, and whether it stands alone."""

from nightschool.dataset.labels.categories import CATEGORIES
from nightschool.dataset.labels.followups import follow_up, has_context, question_in_context, takes_context
from nightschool.dataset.labels.labeller import Labeller, Labels, Unlabelled, load_labeller
from nightschool.dataset.labels.labelling import add_labels
from nightschool.dataset.labels.language import language
from nightschool.dataset.labels.llm_labeller import ModelLabeller

__all__ = [
    "CATEGORIES",
    "Labeller",
    "Labels",
    "ModelLabeller",
    "Unlabelled",
    "add_labels",
    "follow_up",
    "has_context",
    "language",
    "load_labeller",
    "question_in_context",
    "takes_context",
]
