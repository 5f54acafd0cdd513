"""Expressions by which a database tells the texts in which anything may be found."""

from __future__ import annotations

from typing import get_args

from nightschool.dataset.connection import quoted
from nightschool.dataset.scrubbing.detector import Group
from nightschool.dataset.scrubbing.detectors import DETECTORS, OURS, custom_detector
from nightschool.dataset.scrubbing.windows import DIGIT_GAP, FEWEST_DIGITS
from nightschool.records import ScrubPolicy

_GROUPS: tuple[Group, ...] = get_args(Group)
GROUPS_OF = [tuple(group for i, group in enumerate(_GROUPS) if mark >> i & 1) for mark in range(2 ** len(_GROUPS))]
"""What a mark stands for."""
_ESCAPED_SIGN = r"\\u[0-9A-Fa-f]{4}"
"""In a JSON text any sign may be written so; then only Python, which reads the JSON, can tell."""

_MANY_DIGITS = rf"[0-9](?:{DIGIT_GAP}[0-9]){{{FEWEST_DIGITS - 1}}}"


def guards(policy: ScrubPolicy) -> dict[Group, str]:
    """By group, an expression for RE2 that matches every text in which the group's detectors can find anything."""
    known: dict[Group, list[str]] = {group: [_ESCAPED_SIGN] for group in _GROUPS}
    for detector in (*DETECTORS, *(custom_detector(pattern) for pattern in policy.patterns)):
        if detector is not OURS:
            known[detector.group].append(detector.guard or detector.core)
    return {group: "|".join(f"(?:{part})" for part in parts).replace("(?P<value>", "(?:") for group, parts in known.items()}


def suspicious(text: str, policy: ScrubPolicy) -> str:
    """An SQL expression: whether anything may be found in a text. Most texts need no other look than the first."""
    known = guards(policy)
    # What counts digits exactly would make RE2's automaton the product with what counts letters: it comes second.
    others = "|".join(one for group, one in known.items() if group != "digits")
    first = quoted(f"{others}|{_MANY_DIGITS}")
    surely = f"regexp_matches({text}, {quoted(known['digits'])}) OR regexp_matches({text}, {quoted(others)})"
    return f"(regexp_matches({text}, {first}) AND ({surely}))"


def mark(text: str, policy: ScrubPolicy) -> str:
    """An SQL expression: for a text in which anything may be found, one bit for each group that may find it."""
    bits = [f"(regexp_matches({text}, {quoted(one)})::UTINYINT << {i})" for i, one in enumerate(guards(policy).values())]
    return " | ".join(bits)
