"""`rate`: say how good an answer was, and what the right one is."""

from __future__ import annotations

from typing import Annotated

import typer

from nightschool.cli.options import settings_of


def rate(
    ctx: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="Agno's run id of the answer.")],
    rating: Annotated[int, typer.Argument(metavar="1-5", min=1, max=5, help="1 (bad) to 5 (very good).")],
    comment: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
    correct: Annotated[
        str | None, typer.Option("--correct", help="The right answer; the next nights learn from it.", show_default=False)
    ] = None,
) -> None:
    """Rate an answer of the agent, and correct it where it was wrong."""
    from nightschool.feedback import rate as store_rating

    url = settings_of(ctx).database_url("feedback")
    store_rating(run_id, rating, comment, correct, url=url)
    typer.echo(f"Rated {run_id} with {rating} of 5{' and corrected it' if correct else ''}.")
