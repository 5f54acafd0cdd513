"""`validate` and `stats`: what is wrong with a curated file, and what it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightschool.cli.dataset.options import FileArgument, FolderOption, JsonOption, data_files
from nightschool.cli.options import settings_of
from nightschool.errors import DataError

if TYPE_CHECKING:
    from nightschool.dataset.curated.checking import CuratedReport


def validate(
    ctx: typer.Context,
    file: FileArgument,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end with an exit code, too.")] = False,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is wrong with a curated file: errors (exit code 3), and warnings.

    Errors: fewer than 50 questions, entries that can't be read, empty or vague answers, the same question twice. Warnings:
    difficulties far from 30/50/20, one kind only, nearly the same question twice, questions that are held out for the exam.
    """
    from nightschool.cli.dataset.tables import counted, print_findings, print_shares

    report, compared = _report(ctx, file, folder)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        print_shares(report.shares, str(file))
        print_findings(report, compared)
    wrong = [*report.errors, *(report.warnings if strict else ())]
    if wrong:
        raise DataError(
            f"{file} can't be used as it is: {counted(len(report.errors), 'error')}, {counted(len(report.warnings), 'warning')}.",
            next_step=f"Correct what is named above, then: nightschool dataset validate {file}",
        )


def stats(file: FileArgument, as_json: JsonOption = False) -> None:
    """Show what a curated file is made of: difficulties beside what is recommended, categories, templates."""
    from nightschool.cli.dataset.tables import counted, print_shares
    from nightschool.dataset.curated.checking import check_entries
    from nightschool.dataset.curated.questions import read_entries

    report, _ = check_entries(read_entries(file))
    if as_json:
        typer.echo(report.shares.model_dump_json(indent=2))
    else:
        print_shares(report.shares, str(file))
        if unread := report.entries - report.shares.questions:
            typer.echo(f"\n{counted(unread, 'entry', 'entries')} can't be read: nightschool dataset validate {file}")


def _report(ctx: typer.Context, file: Path, folder: Path | None) -> tuple[CuratedReport, str]:
    """The report, and what the questions were compared with."""
    from nightschool.dataset.curated.checking import check_entries
    from nightschool.dataset.curated.questions import read_entries
    from nightschool.dataset.curated.repeats import find_repeats

    report, questions = check_entries(read_entries(file))
    settings = settings_of(ctx)
    try:
        files = data_files(settings, None, folder)
    except DataError:
        if folder is not None:
            raise
        found = find_repeats(questions, policy=settings.data.neighbours)
        return report.with_findings(found), "no held-out questions: no night has run here yet"
    found = find_repeats(questions, examples=files.examples, ledger=files.ledger, policy=settings.data.neighbours)
    return report.with_findings(found), f"the held-out questions of {files.description}"
