"""What a backfill did over its whole range: computed once, then written for the terminal, as a page and as a picture."""

from nightschool.report.backfill.data import BackfillSummary
from nightschool.report.backfill.page import as_markdown, as_picture, read_summary, write_summary

__all__ = ["BackfillSummary", "as_markdown", "as_picture", "read_summary", "write_summary"]
