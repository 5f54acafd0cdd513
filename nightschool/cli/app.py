"""The commands put together, and how errors leave them: one screen, and an exit code that says what kind it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nightschool import __version__
from nightschool.cli.backups import backup, restore
from nightschool.cli.dataset import dataset
from nightschool.cli.doctor import doctor
from nightschool.cli.epilogs import examples, exit_code_table
from nightschool.cli.exchange import export, import_file, verify
from nightschool.cli.moves import adopt, approve, decline, rollback
from nightschool.cli.options import Options
from nightschool.cli.prompts import diff, history, show
from nightschool.cli.rating import rate
from nightschool.cli.retraining import backfill, retrain, runner
from nightschool.errors import NightschoolError


class ExplainingGroup(TyperGroup):
    """Ends a command that raised one of our own errors with its message, its next step and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; `--debug` lets the traceback through."""
        try:
            return super().invoke(ctx)
        except NightschoolError as error:
            if ctx.params.get("debug"):
                raise
            explain(error)
            raise typer.Exit(error.exit_code) from error


def explain(error: NightschoolError) -> None:
    """Write an error to the terminal: what was found, and what to do next."""
    typer.echo(f"{typer.style('Error:', fg='red', bold=True)} {error.message}", err=True)
    if error.next_step:
        typer.echo(f"{typer.style('Next: ', fg='cyan', bold=True)} {error.next_step}", err=True)


app = typer.Typer(
    cls=ExplainingGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=exit_code_table(),
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nightschool {__version__}")
        raise typer.Exit


@app.callback()
def nightschool(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Nightschool's home folder; else the setting `home`.", show_default=False)
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Retrain an agent's prompt every night, and serve a new one only if it wins its exam.

    Settings come from the command line, the environment (NIGHTSCHOOL_…), .env and nightschool.toml, in this order.
    """
    ctx.obj = Options(home=home, debug=debug)


app.command(epilog=examples("nightschool history", "nightschool history --target support/math --all"))(history)
app.command(epilog=examples("nightschool show", "nightschool show 3fa9 --text > prompt.txt"))(show)
app.command(epilog=examples("nightschool diff 3fa9 b21c"))(diff)
app.command(
    epilog=examples('nightschool rollback --reason "too terse"', 'nightschool rollback 3fa9 --reason "the one before was better"')
)(rollback)
app.command(epilog=examples('nightschool adopt prompt.txt --reason "new return policy"'))(adopt)
app.command(epilog=examples('nightschool approve --reason "the slice is three questions"'))(approve)
app.command(epilog=examples('nightschool decline --reason "too expensive"'))(decline)
app.command(epilog=examples("nightschool export best_prompts.json", "nightschool export --proof proof.json --version 3fa9"))(
    export
)
app.command("import", epilog=examples("nightschool import best_prompts.json"))(import_file)
app.command(epilog=examples("nightschool verify", "nightschool verify proof.json"))(verify)
app.command(
    epilog=examples(
        "nightschool rate 7b1f0c52 5",
        'nightschool rate 7b1f0c52 1 --comment "wrong order" --correct "A-10442"',
        "nightschool rate --import ratings.csv",
    )
)(rate)
app.command(epilog=examples("nightschool doctor", "nightschool --home /srv/nightschool doctor --json"))(doctor)
app.command(epilog=examples("nightschool backup /backups/nightschool"))(backup)
app.command(epilog=examples("nightschool --home /srv/nightschool restore /backups/nightschool"))(restore)
app.add_typer(dataset, name="dataset")
for hand_over in (retrain, backfill, runner):
    app.command(
        # All options are the flow's own, --help too.
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
    )(hand_over)
