"""`prepare`: extract and prepare alone, so that a person can look at the data before money is spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nightschool.cli.dataset.options import JsonOption, artifacts_of
from nightschool.cli.options import TargetOption, TrackOption, registry_file, settings_of
from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from nightschool.dataset import Prepared
    from nightschool.records import Window
    from nightschool.settings import Settings

DAY_CHARS = len("2026-11-21")

DatabaseOption = Annotated[
    str,
    typer.Option(
        "--agent-db", "--real-data-db", metavar="URL", help="The agent's memory; else the setting `agent_db`.", show_default=False
    ),
]
AgentOption = Annotated[str, typer.Option(help="Only turns of this agent; else the setting `agent_id`.", show_default=False)]
StartOption = Annotated[str, typer.Option(metavar="DAY|TIME", help="First local day, or an ISO time.", show_default=False)]
EndOption = Annotated[
    str,
    typer.Option(
        metavar="DAY|TIME",
        help="Last local day, included as in `retrain`; or an ISO time, excluded. [dim]Default: yesterday.[/dim]",
        show_default=False,
    ),
]
DaysOption = Annotated[
    int | None, typer.Option(min=1, max=3660, help="Days up to yesterday, instead of --start and --end.", show_default=False)
]


def prepare(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write into.", show_default=False)],
    agent_db: DatabaseOption = "",
    agent_id: AgentOption = "",
    start: StartOption = "",
    end: EndOption = "",
    days: DaysOption = None,
    target: TargetOption = "",
    track: TrackOption = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="As on a first night: ignore the live split ledger.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Extract and prepare alone: no model is asked, and the live split ledger is read but never written.

    DIR gets turns_audit.parquet (what became of every turn), examples.parquet, quarantine.parquet, card.json and card.md.
    """
    from nightschool.cli.dataset.summary import print_summary, summary_of

    settings = settings_of(ctx, agent_db=agent_db, agent_id=agent_id, target=target, track=track)
    if not settings.agent_db:
        raise ConfigError("No agent database is set.", next_step="Give it with --agent-db PATH.")
    window = window_of(settings, start, end, days)
    live = _Live() if fresh else _live(settings)
    prepared = _prepared(settings, window, _made(out), live)
    summary = summary_of(settings, window, out, prepared, examined=live.examined)
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
    else:
        print_summary(summary)


def window_of(settings: Settings, start: str, end: str, days: int | None) -> Window:
    """The window that the options name; days have the meaning that they have in `retrain`.

    Raises:
        ConfigError: where they don't name one.
    """
    from pydantic import ValidationError

    from nightschool.records import Window

    yesterday = settings.yesterday(datetime.now(UTC))
    if days is not None and (start or end):
        raise ConfigError("Give either --days or --start and --end.", next_step="nightschool dataset prepare --help")
    if end and not start:
        raise ConfigError("An end needs a start.", next_step="Give --start, too.")
    if not start:
        return settings.window_of_night(yesterday, days=days)
    try:
        return Window.between(_moment(start, "--start"), _moment(end, "--end") if end else yesterday, settings.timezone)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigError(f"--start {start} --end {end or yesterday}: {said}.", next_step="Give a later --end.") from None


def _moment(text: str, option: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if len(text) == DAY_CHARS else datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{option} {text} is neither a day nor an ISO time.", next_step=f"Like {option} 2026-11-21 or 2026-11-21T06:00+07:00."
        ) from None


def _made(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{out} can't be made: {error.strerror}.", next_step="Name another folder with --out.") from None
    return out


def _prepared(settings: Settings, window: Window, out: Path, live: _Live) -> Prepared:
    from nightschool.dataset import load_or_create_salt, prepare_into
    from nightschool.feedback import FeedbackBook
    from nightschool.sources import open_source

    return prepare_into(
        out,
        open_source(settings.agent_db, agent_id=settings.agent_id, policy=settings.source),
        FeedbackBook(settings.database_url("feedback")),
        window,
        policy=settings.data,
        salt=load_or_create_salt(settings.home),
        as_of=datetime.now(UTC),
        ledger=live.ledger,
        curated=[Path(path) for path in settings.data.all_curated_files],
        examined=live.examined,
        reading=settings.source,
    )


@dataclass(frozen=True)
class _Live:
    """What earlier nights left: the split ledger's file, and the held-out sessions that promotions have used."""

    ledger: Path | None = None
    examined: frozenset[str] = frozenset()


def _live(settings: Settings) -> _Live:
    """Read from the registry; where no night has run yet, none is made for a look."""
    from nightschool.artifacts import ArtifactRef
    from nightschool.records import Night
    from nightschool.registry import Registry

    file = registry_file(settings)
    if file is not None and not file.exists():
        return _Live()
    night = Night(track=settings.track, target=settings.target, run_date=datetime.now(UTC).date())
    with Registry(settings.database_url("registry")) as registry:
        kept, examined = registry.ledger(settings.track, settings.target), registry.examined_sessions(night)
    return _Live(artifacts_of(settings).path(ArtifactRef.model_validate_json(kept)) if kept else None, examined)
