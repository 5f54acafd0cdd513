"""Ratings and corrections: what people say of an answer, kept beside the agent's memory and never in it."""

from nightschool.feedback.book import FeedbackBook, rate
from nightschool.feedback.entry import FeedbackEntry
from nightschool.feedback.files import BadLine
from nightschool.feedback.importing import Imported, import_feedback, listed

__all__ = ["BadLine", "FeedbackBook", "FeedbackEntry", "Imported", "import_feedback", "listed", "rate"]
