"""`rate`: say how good an answer was, and what the right one is; or take many such opinions from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nightschool.cli.options import settings_of
from nightschool.errors import ConfigError


def rate(
    ctx: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="Agno's run id of the answer.", show_default=False)] = "",
    rating: Annotated[
        int | None, typer.Argument(metavar="1-5", min=1, max=5, help="1 (bad) to 5 (very good).", show_default=False)
    ] = None,
    comment: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
    correct: Annotated[
        str | None, typer.Option("--correct", help="The right answer; the next nights learn from it.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="Take many from a .csv or .jsonl: run_id, rating; if wanted comment, correction, rated_at, author.",
            show_default=False,
        ),
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="With --import: leave bad lines out.")] = False,
) -> None:
    """Rate an answer of the agent, and correct it where it was wrong; or import many ratings from a file."""
    url = settings_of(ctx).database_url("feedback")
    if file is not None:
        if run_id or rating is not None or comment or correct is not None:
            raise ConfigError("--import takes everything from the file.", next_step=f"nightschool rate --import {file}")
        _import(file, url, skip_bad=skip_bad)
    elif run_id and rating is not None:
        _rate(run_id, rating, comment, correct, url)
    else:
        raise ConfigError("Say which run, and how good it was.", next_step="nightschool rate RUN_ID 1-5, or --import FILE")


def _rate(run_id: str, rating: int, comment: str, correct: str | None, url: str) -> None:
    from nightschool.feedback import rate as store_rating

    store_rating(run_id, rating, comment, correct, url=url)
    typer.echo(f"Rated {run_id} with {rating} of 5{' and corrected it' if correct else ''}.")


def _import(file: Path, url: str, *, skip_bad: bool) -> None:
    from nightschool.feedback import FeedbackBook, import_feedback, listed

    done = import_feedback(FeedbackBook(url), file, skip_bad=skip_bad)
    corrections = sum(bool(entry.correction) for entry in done.added)
    known = f"; {done.known} were known already" if done.known else ""
    typer.echo(f"Imported {len(done.added)} ratings, {corrections} of them with a correction{known}.")
    if done.skipped:
        typer.echo(f"Left out {len(done.skipped)} lines:\n{listed(done.skipped)}", err=True)
