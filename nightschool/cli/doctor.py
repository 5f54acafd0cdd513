"""`doctor`: every setting and where it came from, and whether what a night needs is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from nightschool.errors import NightschoolError

if TYPE_CHECKING:
    from rich.table import Table

    from nightschool.cli.checks import Check
    from nightschool.cli.sourced_settings import SourcedSetting

MARKS = {"ok": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "dim")}


def doctor(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """List every setting with its value and where it came from, and check what a night needs. Changes nothing.

    The exit code is that of the first check that failed.
    """
    from nightschool.cli.sourced_settings import sourced_settings

    settings = sourced_settings(ctx.obj.given)
    checks = _checks(ctx)
    if as_json:
        content = {name: [row.model_dump(mode="json") for row in rows] for name, rows in _named(settings, checks).items()}
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        _print(settings, checks)
    raise typer.Exit(next((check.exit_code for check in checks if check.state == "failed"), 0))


def _checks(ctx: typer.Context) -> list[Check]:
    from nightschool.cli.checks import Check, failed_check, run_checks
    from nightschool.settings import load_settings

    try:
        settings = load_settings(**ctx.obj.given)
    except NightschoolError as error:
        return [failed_check("settings", error)]
    return [Check(name="settings", state="ok", detail="all are understood"), *run_checks(settings)]


def _named(settings: list[SourcedSetting], checks: list[Check]) -> dict[str, list[SourcedSetting] | list[Check]]:
    return {"settings": settings, "checks": checks}


def _print(settings: list[SourcedSetting], checks: list[Check]) -> None:
    from rich.console import Console

    console = Console()
    console.print(_settings_table(settings))
    console.print()
    console.print(_checks_table(checks))


def _settings_table(settings: list[SourcedSetting]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Setting", no_wrap=True)
    table.add_column("Value", overflow="fold")
    table.add_column("From", no_wrap=True)
    for row in settings:
        style = "dim" if row.is_default else ""
        table.add_row(Text(row.name, style), Text(row.value, style), Text(row.source, style or "cyan"))
    return table


def _checks_table(checks: list[Check]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("Check", no_wrap=True)
    table.add_column("Found", overflow="fold")
    for check in checks:
        mark, style = MARKS[check.state]
        detail = f"{check.detail}\nNext: {check.next_step}" if check.next_step else check.detail
        table.add_row(Text(mark, style), Text(check.name, style), Text(detail))
    return table
