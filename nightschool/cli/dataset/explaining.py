"""`explain`: what became of one turn, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nightschool.cli.dataset.options import FolderOption, JsonOption, RunDateOption, data_files, scrubber_of
from nightschool.cli.options import TargetOption, TrackOption, settings_of

if TYPE_CHECKING:
    from nightschool.dataset.explaining import Canonical, Explanation

STYLES = {"kept": "green", "noise": "dim", "excluded": "yellow", "quarantined": "red"}


def explain(
    ctx: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="Agno's run id of the turn, or its beginning.")],
    run_date: RunDateOption = None,
    folder: FolderOption = None,
    target: TargetOption = "",
    track: TrackOption = "",
    as_json: JsonOption = False,
) -> None:
    """Say what became of one turn and why: of the last night, of another one, or of a folder of `dataset prepare`."""
    from nightschool.cli.dataset.tables import console
    from nightschool.dataset.explaining import explain_turn

    settings = settings_of(ctx, target=target, track=track)
    files = data_files(settings, run_date, folder)
    found = explain_turn(files, run_id, scrubber=scrubber_of(settings))
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    out = console()
    out.print(f"Run {found.run_id} in {files.description}", style="bold")
    _print_facts(found)


def _print_facts(found: Explanation) -> None:
    from rich.table import Table
    from rich.text import Text

    from nightschool.cli.dataset.tables import console

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    outcome = Text.assemble((found.outcome.replace("_", " "), STYLES.get(found.outcome, "cyan")), f" – {found.in_words}")
    table.add_row("outcome", outcome)
    for name, value in _facts(found).items():
        if value:
            table.add_row(name, Text(value))
    console().print(table)


def _facts(found: Explanation) -> dict[str, str]:
    """What else is known, in the order in which it is told; empty where it is not."""
    feedback = [f"rated {found.rating} of 5" if found.rating else "", found.comment]
    canonical = found.canonical
    return {
        "question": found.question or "",
        "asked": ", ".join(part for part in (found.asked_at, f"session {found.session_id}") if part),
        "feedback": ": ".join(part for part in feedback if part),
        "correction": found.correction or "",
        "example": _example(canonical) if canonical and found.stands_for_itself else "",
        "stood for by": f"run {canonical.run_id}: {_example(canonical)}" if canonical and not found.stands_for_itself else "",
        "its question": canonical.question if canonical and not found.stands_for_itself else "",
        "cluster": found.cluster_id or "",
        "expected": f"{canonical.expected_answer} ({canonical.origin})" if canonical and canonical.expected_answer else "",
    }


def _example(canonical: Canonical) -> str:
    from nightschool.cli.dataset.tables import counted

    turns = counted(canonical.frequency, "turn")
    return f"{canonical.example_id} in the {canonical.set.replace('_', '-')} set, stands for {turns} of the window"
