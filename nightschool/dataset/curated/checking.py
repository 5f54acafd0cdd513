"""What is wrong with a curated file: errors, which make it useless as it is, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from nightschool.dataset.curated.questions import CuratedQuestion, read_question
from nightschool.dataset.curated.shares import FEWEST_QUESTIONS, RECOMMENDED, Shares, shares_of
from nightschool.dataset.curated.vagueness import is_vague
from nightschool.records import Record

FindingKind = Literal["unreadable", "few", "vague", "duplicate", "imbalance", "one kind", "near duplicate", "held out"]


class Finding(Record):
    """One thing that was found; `entries` are the places in the file, from 1, none where it is about all of it."""

    level: Literal["error", "warning"]
    kind: FindingKind
    message: str
    entries: tuple[int, ...] = ()


class CuratedReport(Record):
    """All that was found in a curated file, errors first."""

    entries: int
    shares: Shares
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What makes the file useless as it is."""
        return tuple(one for one in self.findings if one.level == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What would make it better."""
        return tuple(one for one in self.findings if one.level == "warning")

    def with_findings(self, more: Sequence[Finding]) -> CuratedReport:
        """The report with further findings, errors first."""
        found = sorted((*self.findings, *more), key=lambda one: one.level)
        return self.model_copy(update={"findings": tuple(found)})


def check_entries(entries: Sequence[Any]) -> tuple[CuratedReport, Mapping[int, CuratedQuestion]]:
    """Look at each entry by itself, and at how many there are of each kind.

    Returns:
        The report, and the questions that could be read by their place in the file, from 1.
    """
    questions: dict[int, CuratedQuestion] = {}
    findings: list[Finding] = []
    for number, entry in enumerate(entries, start=1):
        try:
            questions[number] = read_question(entry)
        except ValueError as error:
            findings.append(Finding(level="error", kind="unreadable", entries=(number,), message=str(error)))
    findings += _vague(questions)
    shares = shares_of(list(questions.values()))
    report = CuratedReport(entries=len(entries), shares=shares)
    return report.with_findings([*findings, *findings_of_shares(shares)]), questions


def findings_of_shares(shares: Shares) -> Iterator[Finding]:
    """Too few questions, too many of one difficulty, one kind only."""
    if shares.questions < FEWEST_QUESTIONS:
        said = f"there are {shares.questions} questions; at least {FEWEST_QUESTIONS} are needed"
        yield Finding(level="error", kind="few", message=said)
    if shares.questions and shares.unbalanced:
        yield Finding(level="warning", kind="imbalance", message=_balance(shares))
    if shares.questions > 1 and len(shares.category) == 1:
        (name,) = shares.category
        said = f"all questions are of the category {name!r}" if name else "no question has a category"
        yield Finding(level="warning", kind="one kind", message=f"{said}; cover what users really ask")


def _vague(questions: Mapping[int, CuratedQuestion]) -> Iterator[Finding]:
    for number, question in questions.items():
        if is_vague(question.expected_answer):
            said = f"the expected answer {question.expected_answer!r} is vague: no answer can be measured against it"
            yield Finding(level="error", kind="vague", entries=(number,), message=said)


def _balance(shares: Shares) -> str:
    have = ", ".join(f"{shares.share(name):.0%} {name}" for name in RECOMMENDED)
    wanted = ", ".join(f"{share:.0%} {name}" for name, share in RECOMMENDED.items())
    return f"difficulties are unbalanced: {have}; recommended are {wanted}"
