"""Reports on disk, and as pandas frames for a notebook."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from nightschool.errors import DataError
from nightschool.records import Night
from nightschool.report.data import NightReport
from nightschool.report.frames import candidates_frame, pairs_frame, slices_frame
from nightschool.report.html import as_html
from nightschool.report.markdown import as_markdown
from nightschool.settings import load_settings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Results:
    """A night's results as frames.

    `pairs`: one row per held-out pair (rewards, gain, answers, slices as columns `slice_<kind>`).
    `slices`: mean rewards, gain and size by kind and value of slice.
    `candidates`: one row per candidate of the search.
    """

    report: NightReport
    pairs: pd.DataFrame
    slices: pd.DataFrame
    candidates: pd.DataFrame


def results(run: date | str, *, target: str | None = None, track: str | None = None, home: str | Path | None = None) -> Results:
    """The results of a night, for a notebook.

    Args:
        run: the night's run date, as a date or `YYYY-MM-DD`; or its name, as its report's file has it, like
            `production-support-2026-11-21`.
        target: what was tuned; None: as the settings say.
        track: the chain of incumbents; None: as the settings say.
        home: nightschool's home folder; None: as the settings say.

    Raises:
        DataError: where the night has no report; it names those that there are.
    """
    settings = load_settings()
    report = _read(Path(home or settings.home), _name_of(run, target or settings.target, track or settings.track))
    pairs = pairs_frame(report)
    return Results(report=report, pairs=pairs, slices=slices_frame(pairs), candidates=candidates_frame(report))


def _name_of(run: date | str, target: str, track: str) -> str:
    try:
        day = run if isinstance(run, date) else date.fromisoformat(run)
    except ValueError:
        return str(run)
    return Night(track=track, target=target, run_date=day).key


def page_of(night: Night, home: Path) -> Path:
    """Where a night's Markdown page lies; its HTML page and data lie beside it."""
    return home / "reports" / f"{night.key}.md"


def write_report(report: NightReport, home: Path) -> Path:
    """Write a night's pages (`.md`, `.html`) and data (`.json`) under `reports/`; returns the Markdown page."""
    page = page_of(report.night, home)
    page.parent.mkdir(parents=True, exist_ok=True)
    _write(page.with_suffix(".json"), report.model_dump_json(indent=1))
    _write(page.with_suffix(".html"), as_html(report))
    _write(page, as_markdown(report))
    return page


def read_report(night: Night, home: Path) -> NightReport:
    """A night's data.

    Raises:
        DataError: where the night has no report.
    """
    return _read(home, night.key)


def _read(home: Path, name: str) -> NightReport:
    folder = home / "reports"
    path = folder / f"{name}.json"
    if not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.json"))
        raise DataError(
            f"there is no report of {name} in {folder}",
            next_step=f"There are: {', '.join(known[-5:])}." if known else "Run `nightschool retrain` first.",
        )
    return NightReport.model_validate_json(path.read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    """Beside its place, then moved: a reader never sees half a report."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
