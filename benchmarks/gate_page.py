"""The tables of docs/gate.md, and its two pictures: what `gate_year --write` makes of its rows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.drawing import Chart
from benchmarks.gate_rules import OURS
from nightschool.stats import log_wealth_path

if TYPE_CHECKING:
    from benchmarks.gate_power import Power
    from benchmarks.gate_row import Row

DOCS = Path(__file__).resolve().parents[1] / "docs"
SHOWN = (OURS, "mean > mean", "paired t, 0.05", "stored score", "bet, new test each night, 1/365")
SHOWN_SIZE = 60


def write_page(rows: Sequence[Row], powers: Sequence[Power], years: int) -> None:
    """Put both tables between their marks, and draw the pictures beside the page."""
    page = DOCS / "gate.md"
    text = page.read_text(encoding="utf-8")
    for mark, table in (("years", _years(rows, years)), ("worst", worst_and_rollouts(rows)), ("power", _power(powers))):
        text = _between(text, mark, table)
    page.write_text(text, encoding="utf-8")
    (DOCS / "gate_path.svg").write_text(path_picture(), encoding="utf-8")
    (DOCS / "gate_year.svg").write_text(year_picture(rows), encoding="utf-8")


def path_picture() -> str:
    """The evidence of three challengers, session by session: one better, one equal, one worse."""
    rng, alpha, n = np.random.default_rng(5), 1 / 365, 200
    lines = {}
    for name, gain in (("better by 0.15", 0.15), ("equal", 0.0), ("worse by 0.05", -0.05)):
        gains = np.clip(rng.normal(gain, 0.3, n), -1, 1)
        path = log_wealth_path([float(value) for value in gains], alpha=alpha, horizon=n)
        won = next((at for at, wealth in enumerate(path) if wealth >= math.log(1 / alpha)), len(path) - 1)
        lines[name] = [0.0, *(value / math.log(10) for value in path[: won + 1])]
    ticks = {float(power): f"{10**power:g} : 1" if power >= 0 else f"1 : {10**-power:g}" for power in range(-3, 4)}
    needed = math.log10(1 / alpha)
    chart = Chart("Evidence for the challenger", "held-out sessions", across=(0, n), up=(-3.2, 3.2))
    return chart.draw(lines, ticks, levels={"needed 365 : 1": needed})


def year_picture(rows: Sequence[Row]) -> str:
    """The mean true quality after each night: a typical year, solid, and a barren one, dashed."""
    found = {(row.world, row.rule): row.by_night for row in rows if row.n == SHOWN_SIZE}
    lines = {rule: list(found["typical", rule]) for rule in SHOWN}
    dashed = {rule: list(found["barren", rule]) for rule in SHOWN}
    ticks = {round(value, 1): f"{value:.1f}" for value in np.arange(0, 1.01, 0.2)}
    title = f"True quality of what is served ({SHOWN_SIZE} sessions a night; dashed: nothing better can be found)"
    return Chart(title, "nights", across=(0, 365), up=(0, 1)).draw(lines, ticks, dashed=dashed)


def _years(rows: Sequence[Row], years: int) -> str:
    sizes = sorted({row.n for row in rows})
    lines = [
        f"False promotions a year → true quality at its end; means of {years} years (`python -m benchmarks.gate_year`).",
        "",
        f"| world | rule | {' | '.join(f'{n} a night' for n in sizes)} |",
        f"| --- | --- | {' | '.join('---:' for _ in sizes)} |",
    ]
    found = {(row.world, row.rule, row.n): row for row in rows}
    for world, rule in dict.fromkeys((row.world, row.rule) for row in rows):
        cells = [found[world, rule, n] for n in sizes]
        shown = " | ".join(f"{cell.false:.2f} → {cell.quality:.3f}" for cell in cells)
        lines.append(f"| {world} | {f'**{rule}**' if rule == OURS else rule} | {shown} |")
    return "\n".join(lines)


def worst_and_rollouts(rows: Sequence[Row]) -> str:
    """For one size of night, each rule's false promotions in the worst tenth of the years, and what a year costs."""
    found = {(row.rule, row.world): row for row in rows if row.n == SHOWN_SIZE}
    worlds = list(dict.fromkeys(world for _, world in found))
    lines = [
        f"False promotions in the worst tenth of the same years · rollouts a year, {SHOWN_SIZE} sessions a night (the command "
        "prints the other sizes too).",
        "",
        f"| rule | {' | '.join(worlds)} |",
        f"| --- | {' | '.join('---:' for _ in worlds)} |",
    ]
    for rule in dict.fromkeys(rule for rule, _ in found):
        cells = (found[rule, world] for world in worlds)
        shown = " | ".join(f"{cell.false_worst_tenth:.1f} · {cell.rollouts:,.0f}" for cell in cells)
        lines.append(f"| {f'**{rule}**' if rule == OURS else rule} | {shown} |")
    return "\n".join(lines)


def _power(powers: Sequence[Power]) -> str:
    lines = [
        "| sessions | gain | sd 0.3 | sd 0.4 | pass/fail |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *(f"| {row.n} | +{row.gain:.2f} | {row.sd_03:.2f} | {row.sd_04:.2f} | {row.pass_fail:.2f} |" for row in powers),
    ]
    return "\n".join(lines)


def _between(page: str, mark: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(\n<!-- /{mark} -->)", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"docs/gate.md has no marks <!-- {mark} --> and <!-- /{mark} -->")
    return pattern.sub(lambda found: f"{found.group(1)}{content}{found.group(2)}", page)
