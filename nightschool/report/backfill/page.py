"""The summary as a Markdown page, the picture as SVG, and all of it on disk."""

from __future__ import annotations

import os
from pathlib import Path

from nightschool.errors import DataError
from nightschool.records import as_name
from nightschool.report.backfill.data import BackfillSummary
from nightschool.report.backfill.picture import COSTS_BEGIN, HEIGHT, LEFT, WIDTH, picture_of
from nightschool.report.markdown import templates

FRAME = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "costs": COSTS_BEGIN}


def as_markdown(summary: BackfillSummary, picture: str) -> str:
    """The page; `picture` is where the picture is found, an address or a data URI."""
    known = {one.night.run_date: one for one in summary.dates}
    rows = [(run_date, known.get(run_date)) for run_date in summary.wanted]
    return templates().get_template("backfill.md.jinja").render(summary=summary, rows=rows, picture=picture)


def as_picture(summary: BackfillSummary) -> str:
    """The whole range in one picture, as SVG."""
    return templates().get_template("backfill.svg.jinja").render(picture=picture_of(summary), frame=FRAME)


def write_summary(summary: BackfillSummary, home: Path) -> Path:
    """Write page (`.md`), picture (`.svg`) and data (`.json`) under `reports/`; returns the page."""
    page = home / "reports" / f"{summary.name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    texts = {
        ".svg": as_picture(summary),
        ".json": summary.model_dump_json(indent=1),
        ".md": as_markdown(summary, f"{summary.name}.svg"),
    }
    for suffix, text in texts.items():
        path = page.with_name(f"{summary.name}{suffix}")
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    return page


def read_summary(track: str, target: str, home: Path) -> BackfillSummary:
    """What was written of a target's backfill.

    Raises:
        DataError: where it has no summary.
    """
    path = home / "reports" / f"{as_name(f'{track}-{target}')}.json"
    if not path.is_file():
        raise DataError(f"there is no summary of {target} on {track} in {path.parent}", next_step="Run the backfill first.")
    return BackfillSummary.model_validate_json(path.read_text(encoding="utf-8"))
