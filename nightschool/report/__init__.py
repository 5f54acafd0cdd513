"""What a night did: computed once, then written for the terminal, as a Markdown page and as frames for a notebook."""

from nightschool.report.data import ArmMeans, ExaminedPair, NightReport, build_report
from nightschool.report.markdown import as_markdown
from nightschool.report.results import Results, page_of, read_report, results, write_report

__all__ = [
    "ArmMeans",
    "ExaminedPair",
    "NightReport",
    "Results",
    "as_markdown",
    "build_report",
    "page_of",
    "read_report",
    "results",
    "write_report",
]
