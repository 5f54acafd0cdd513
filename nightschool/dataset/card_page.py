"""The data card as a page of Markdown: what it says, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nightschool.dataset.card import OUTCOMES, SETS

_DISTRIBUTIONS = ("origin", "category", "difficulty", "language")
_TOLD_APART = {"schema_version", "turns", "reasons", "curated", "sets", "policy", "digests"}
_MOST_REASONS = 30


def card_page(card: Mapping[str, Any]) -> str:
    """The page; whatever the card has that is not known here stands under "More"."""
    parts = [
        "# Data card",
        _table(("turns", "number", "share"), _turns(card["turns"])),
        "## Reasons",
        _table(("outcome", "reason", "turns"), _reasons(card["reasons"])),
        "## Sets",
        f"{card['turns']['kept']} kept turns and {card['curated']['used']} of {card['curated']['given']} curated questions.",
        _table(("set", "examples", "sessions", "turns that they stand for"), _sets(card["sets"])),
        *_distributions(card["sets"]),
        "## More",
        _table(("what", "value"), _flat({name: card[name] for name in sorted(set(card) - _TOLD_APART)})),
        "## Settings",
        _table(("setting", "value"), ((f"data.{name}", value) for name, value in _flat(card["policy"]))),
        "## Files",
        _table(("file", "SHA-256"), _flat(card["digests"])),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _turns(turns: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
    for name in ("read", *OUTCOMES):
        yield name.replace("_", " "), turns[name], f"{turns[name] / turns['read']:.1%}" if turns["read"] else "–"


def _reasons(reasons: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[Any, ...]]:
    for outcome, numbers in reasons.items():
        ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
        yield from ((outcome, reason, number) for reason, number in ordered[:_MOST_REASONS])
        if len(ordered) > _MOST_REASONS:
            yield outcome, f"{len(ordered) - _MOST_REASONS} other reasons", sum(number for _, number in ordered[_MOST_REASONS:])


def _sets(sets: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name in SETS:
        yield name.replace("_", "-"), sets[name]["examples"], sets[name]["sessions"], sets[name]["traffic_turns"]


def _distributions(sets: Mapping[str, Any]) -> Iterator[str]:
    heads = [name.replace("_", "-") for name in SETS]
    for kind in _DISTRIBUTIONS:
        values = sorted({value for name in SETS for value in sets[name].get(kind, {})})
        if values:
            yield f"### By {kind}"
            yield _table((kind, *heads), ((value, *(sets[name][kind].get(value, 0) for name in SETS)) for value in values))


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested values with dotted names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _table(heads: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> str:
    lines = [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join([f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads), *lines]) if lines else ""


def _cell(value: Any) -> str:
    """A value within a table: what users wrote turns no line, opens no cell and makes no link or tag."""
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
    for sign in ("\\", "|", "<", "[", "*", "_", "`"):
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
