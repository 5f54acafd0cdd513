"""One night of the demo: a day at the desk, then the very command that a user types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from demo.day import DeskSession, answer_day, review
from demo.desks import Desk
from nightschool.errors import DataError
from nightschool.records import Night
from nightschool.report import NightReport, read_report
from nightschool.serving import load_prompt

TARGET = "support"
FIRST_DAY = date(2026, 10, 1)
DAYS_READ = 30


def run_demo(desk: Desk, home: Path) -> int:
    """Live through the next day of the demo's calendar and its night; returns the night's exit code.

    Args:
        desk: which desk.
        home: folder of the demo: the agent's database, `nightschool.toml`, and nightschool's own home in `.nightschool/`.
    """
    console = Console(highlight=False, soft_wrap=True)
    console.print(desk.first_line, style="bold")
    home.mkdir(parents=True, exist_ok=True)
    (home / "nightschool.toml").write_text(desk.settings, encoding="utf-8")
    day = _next_day(home)
    with desk.start_model(home / "model.log") as base_url:
        os.environ[desk.url_variable] = base_url
        live_through(desk, day, home, console)
        code = _retrain(base_url, day, home)
    if code == 0:
        _remember(home, day)
        _confirm(desk, day, home, console)
        console.print(f"Look around: cd {home}; nightschool history. Typed again, it is the next night.")
    return code


def live_through(desk: Desk, day: date, home: Path, console: Console) -> None:
    """The day: skipped where the agent's database holds it already, because the night after it was interrupted."""
    served = load_prompt(TARGET, default=desk.seed_prompt, home=home / ".nightschool")
    mark = home / "answered" / day.isoformat()
    if mark.exists():
        console.print(f"{day}: the day was answered before; its night goes on.")
        return
    sessions, react = desk.people(day)
    console.print(
        f"{day}: a real Agno agent answers {_count(sessions)} messages with {_which(served.is_default, served.version)} …"
    )
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("answering", total=_count(sessions))
        answered = answer_day(
            lambda: desk.build_agent(served.text),
            sessions,
            home / "agno.db",
            day,
            lambda done: progress.update(bar, completed=done),
        )
    rated, corrected = review(answered, react, f"sqlite:///{(home / '.nightschool' / 'feedback.db').absolute()}")
    console.print(f"{day}: {len(answered)} answers; staff rated {rated} and corrected {corrected}.")
    mark.parent.mkdir(exist_ok=True)
    mark.touch()


def _retrain(base_url: str, day: date, home: Path) -> int:
    """The command, in the demo's folder, with the demo's settings file."""
    options = ["--run-date", day.isoformat(), "--days", str(DAYS_READ), "--base-url", base_url]
    environment = {**os.environ, "OPENAI_API_KEY": os.environ.get("OPENAI_API_KEY", "not-needed-here")}
    command = [sys.executable, "-m", "flows", "retrain", *options]
    return subprocess.run(command, cwd=home, env=environment, check=False).returncode  # noqa: S603 - our own command


def _confirm(desk: Desk, day: date, home: Path, console: Console) -> None:
    """The simulated world knows how good a prompt really is: say so beside what was measured."""
    report = night_report(day, home)
    if desk.truth is None or report is None:
        return
    before, after = true_qualities(desk.truth, report)
    console.print(f"Ground truth of the simulated world: {before:.3f} before, {after:.3f} after ({after - before:+.3f}).")


def true_qualities(truth: Callable[[str], float], report: NightReport) -> tuple[float, float]:
    """How good the incumbent and the challenger really are; without a challenger the incumbent stays."""
    before = truth(report.incumbent_text)
    return before, truth(report.challenger_text) if report.challenger_text else before


def night_report(day: date, home: Path) -> NightReport | None:
    """The report of a night of the demo; None of a night that ended without data."""
    try:
        return read_report(Night(target=TARGET, run_date=day), home / ".nightschool")
    except DataError:
        return None


def last_day(home: Path) -> date | None:
    """The run date of the last finished night; None before the first."""
    state = home / "demo.json"
    return date.fromisoformat(json.loads(state.read_text(encoding="utf-8"))["last_run_date"]) if state.exists() else None


def _next_day(home: Path) -> date:
    """The first day, or the one after the last finished night."""
    last = last_day(home)
    return last + timedelta(days=1) if last else FIRST_DAY


def _remember(home: Path, day: date) -> None:
    (home / "demo.json").write_text(json.dumps({"last_run_date": day.isoformat()}), encoding="utf-8")


def _count(sessions: Sequence[DeskSession]) -> int:
    return sum(len(session.messages) for session in sessions)


def _which(is_default: bool, version: str) -> str:
    return "its first prompt" if is_default else f"the promoted prompt {version}"
