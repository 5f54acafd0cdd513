"""Ratings and corrections: what people say of an answer, kept beside the agent's memory and never in it."""

from nightschool.feedback.book import FeedbackBook, rate
from nightschool.feedback.entry import FeedbackEntry

__all__ = ["FeedbackBook", "FeedbackEntry", "rate"]
