"""`python -m demo.check`: whether the demo's last night ended as it should; for `.ci/run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from demo.__main__ import Model
from demo.desks import DESKS
from demo.night import last_day, night_report, true_qualities
from nightschool.records import EndState


def main(
    model: Annotated[Model, typer.Option(help="Which demo.")] = Model.LOCAL,
    gain: Annotated[float, typer.Option(help="The held-out gain that is expected at least.")] = 0.2,
) -> None:
    """Exit with 1 unless the last night promoted with such a gain, which the simulated world's ground truth confirms."""
    home = Path(".demo") / model
    day = last_day(home)
    report = night_report(day, home) if day else None
    if report is None or report.end_state is not EndState.PROMOTED:
        raise typer.Exit(_say(f"{model}: no promotion, but {report.end_state if report else 'no report'}", 1))
    measured = (report.challenger.reward or 0.0) - (report.incumbent.reward or 0.0)
    truth = DESKS[model]().truth
    before, after = true_qualities(truth, report) if truth else (0.0, measured)
    said = f"{model}: {report.end_state}, held-out gain {measured:+.3f}" + (f", true gain {after - before:+.3f}" if truth else "")
    raise typer.Exit(_say(said, int(min(measured, after - before) < gain)))


def _say(text: str, code: int) -> int:
    typer.echo(text)
    return code


if __name__ == "__main__":
    typer.run(main)
