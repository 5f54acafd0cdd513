"""Where a person can look at what an event is about."""

from __future__ import annotations

from datetime import date

from nightschool.records import Night
from nightschool.registry import OutboxItem, Registry
from nightschool.report import page_of
from nightschool.settings import Settings


def links_of(item: OutboxItem, book: Registry, settings: Settings) -> dict[str, str]:
    """The night's run in Prefect's UI (`run`) and its HTML page (`report`); empty where there is none."""
    return {"run": item.payload.get("run") or _run_of(item, book), "report": _report_of(item, settings)}


def _run_of(item: OutboxItem, book: Registry) -> str:
    """The run that made a promoted prompt; a move by hand has none."""
    from prefect.settings import get_current_settings

    ui = get_current_settings().ui_url
    if not ui or item.payload.get("kind") != "promotion":
        return ""
    run = book.version(item.payload["version"]).lineage.run_id
    return f"{ui}/runs/flow-run/{run}" if run else ""


def _report_of(item: OutboxItem, settings: Settings) -> str:
    if not item.payload.get("run_date"):
        return ""
    night = Night(track=item.track, target=item.target, run_date=date.fromisoformat(item.payload["run_date"]))
    page = page_of(night, settings.home).with_suffix(".html").absolute()
    return page.as_uri() if page.exists() else ""
