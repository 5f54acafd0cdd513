"""What `dataset prepare` tells on one screen: a funnel that adds up, the sets, the days, and what a night would miss."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import Field
from rich.table import Table
from rich.text import Text

from nightschool.cli.dataset.tables import bar, console, counted, plain_table
from nightschool.dataset import Prepared, require_enough
from nightschool.dataset.card import OUTCOMES, SETS
from nightschool.dataset.examples_table import read_splits
from nightschool.dataset.night_data import CARD_FILE, EXAMPLES_FILE
from nightschool.errors import NoData
from nightschool.grading import gradable
from nightschool.records import Record, Splits, Window
from nightschool.training import pool

if TYPE_CHECKING:
    from rich.console import Console

    from nightschool.settings import Settings

MOST_REASONS = 4
MOST_EXAMPLES = 20_000
"""With more of them no minimum is missed, and they need not all be read into memory."""
SET_WORDS = {"train": "train", "validation": "validation", "held_out": "held-out"}


class Summary(Record):
    """What was found, for people and, as JSON, for programs."""

    out: Path
    window: Window
    timezone: str
    small_site: bool
    card: Mapping[str, Any]
    missing: str = Field(description="what a night would miss; empty where a night could start")
    next_step: str = ""


def summary_of(settings: Settings, window: Window, out: Path, prepared: Prepared, *, examined: Collection[str]) -> Summary:
    """Look at what was written into a folder."""
    missing = _missing(settings, prepared, out / EXAMPLES_FILE, examined)
    return Summary(
        out=out,
        window=window,
        timezone=settings.timezone,
        small_site=prepared.is_small,
        card=json.loads((out / CARD_FILE).read_text(encoding="utf-8")),
        missing=missing.message if missing else "",
        next_step=missing.next_step if missing else "",
    )


def print_summary(summary: Summary) -> None:
    """Print one screen."""
    out = console()
    zone = ZoneInfo(summary.timezone)
    first, last = (moment.astimezone(zone) for moment in (summary.window.start, summary.window.end))
    out.print(f"Turns from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} ({summary.timezone})", style="bold")
    out.print(f"{_days_line(summary.card)}; {_ledger_line(summary.card)}")
    out.print()
    out.print(_funnel(summary.card, out))
    out.print()
    out.print(_sets(summary.card))
    kept, used, given = summary.card["turns"]["kept"], *(summary.card["curated"][name] for name in ("used", "given"))
    curated = f" + {used:,} of {given:,} curated questions = {kept + used:,} examples" if given else ""
    out.print(f"{kept:,} kept turns{curated}")
    if summary.small_site:
        out.print("A small site: half is held out, and the search pools train and validation.")
    out.print()
    if summary.missing:
        out.print(summary.missing, style="yellow")
        out.print(f"Next: {summary.next_step}")
    else:
        out.print("There is enough for a night.", style="green")
    out.print(f"Written to {summary.out}: look at card.md first; `nightschool dataset explain RUN_ID --folder {summary.out}`")


def _funnel(card: Mapping[str, Any], out: Console) -> Table:
    """The turns read, and what became of them: the outcomes add up to what was read."""
    turns, reasons = card["turns"], card["reasons"]
    table = plain_table()
    for name in ("read", *OUTCOMES):
        number = turns[name]
        share = number / turns["read"] if turns["read"] else 0.0
        picture = [Text(bar(share, 16), "cyan")] if out.is_terminal else []
        words = Text(name.replace("_", " "), "bold" if name in ("read", "kept") else "")
        table.add_row(words, f"{number:>9,}", f"{share:>5.0%}", *picture, Text(_shortened(reasons.get(name, {}))))
    return table


def _sets(card: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))  # eighty characters are enough
    table.add_column("set", no_wrap=True)
    for column in ("examples", "sessions", "turns", "traffic", "corrected", "rated", "curated", "no answer"):
        table.add_column(column, justify="right", no_wrap=True)
    for name in SETS:
        found = card["sets"][name]
        origins = [found["origin"].get(origin, 0) for origin in ("correction", "rated", "curated", "unlabelled")]
        numbers = [f"{found[kind]:,}" for kind in ("examples", "sessions", "traffic_turns")]
        traffic = f"{found['traffic_share']:.0%}"
        table.add_row(SET_WORDS[name], *numbers, traffic, *(f"{origin:,}" for origin in origins))
    return table


def _shortened(reasons: Mapping[str, int]) -> str:
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{reason} {number:,}" for reason, number in ordered[:MOST_REASONS]]
    return ", ".join(shown) + (f", {len(ordered) - MOST_REASONS} more" if len(ordered) > MOST_REASONS else "")


def _days_line(card: Mapping[str, Any]) -> str:
    days, read = card["days"], card["turns"]["read"]
    if not days["with_turns"]:
        return "no turn has a time that can be read"
    rate = read / days["with_turns"]
    return f"{counted(days['with_turns'], 'day')} with turns, from {days['first']} to {days['last']}, {rate:,.0f} on each"


def _ledger_line(card: Mapping[str, Any]) -> str:
    known = card["sessions_known_before"]
    return f"the live ledger knows {counted(known, 'session')}" if known else "split as on a first night"


def _missing(settings: Settings, prepared: Prepared, examples: Path, examined: Collection[str]) -> NoData | None:
    """What the night would end for."""
    if prepared.examples.rows > MOST_EXAMPLES:
        return None
    splits = read_splits(examples)
    usable = {name: tuple(e for e in getattr(splits, name) if gradable(e, settings.grading)) for name in Splits.model_fields}
    found = pool(Splits(**usable), settings.search) if prepared.is_small else Splits(**usable)
    try:
        require_enough(found, settings.data, gate=settings.gate, examined=examined)
    except NoData as reason:
        return reason
    return None
